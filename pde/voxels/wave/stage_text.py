"""The text of a Python module that takes one stage of an explicit step, all fields at once.

What a stage does to a cell is written out for a network of reactions, so that everything is read
and written once: the amounts of the cell and its neighbours, rates, diffusion, and the weighted
sum with earlier stages. The names in the text are all ours (see
`cartflow.kinetics.expressions.generated`).
"""

from __future__ import annotations

from dataclasses import dataclass

from cartflow.kinetics.expressions.generated import Writer
from cartflow.kinetics.expressions.grammar import names
from cartflow.kinetics.network import Network

BLOCK = 1024  # cells at most in a call
# The columns of `at`: where each species' values begin.
COLUMNS = (
    "here",
    "near",
    "far",
    "south",
    "north",
    "before",
    "after",
    "first",
    "earlier",
    "slope",
    "local",
    "target",
    "column",
    "cell",
    "slab_ahead",
    "slab_behind",
    "row_ahead",
    "row_behind",
    "cell_ahead",
    "cell_behind",
)
_HEADER = '''\
"""A stage of an explicit step, written by cartflow; changes to this file are lost."""

from math import exp, inf, log, nan, sqrt, tanh

from numba import carray, cfunc, float64, int64, njit, types, uint64, void

REALS = types.CPointer(float64)
STAGE = void(*(REALS,) * 13, types.CPointer(uint64), int64)


# Sums of rates may be taken in another order, which is fixed when this is compiled.
@njit(fastmath={"reassoc", "nsz"})
def more(total, x):
    return total + x
'''
STAGES = ("stage_of_one", "stage_from_start", "stage_of_two", "stage_of_all")
_ARRAYS = (
    *("source", "first", "kept", "out", "counts", "ends", "sides"),
    *("gain", "loss", "parameters", "rates", "exchange", "w", "at"),
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What of a problem the text depends on, beside its network.

    Per species whether it diffuses (`mobile`), by rates that differ from place to place (`placed`),
    has gains and losses of its own (`local`), and
    is held in pores that are less than the tissue (`stored`); per reaction whether its events are
    `counted`, and whether its rate is per volume of pores (`in_pores`); whether a slab is a single
    row (`flat`), or has so few cells that all its rows go in one call (`small`).
    """

    mobile: tuple[bool, ...]
    placed: tuple[bool, ...]
    local: tuple[bool, ...]
    stored: tuple[bool, ...]
    counted: tuple[bool, ...]
    in_pores: tuple[bool, ...]
    flat: bool
    small: bool


def stage_text(network: Network, shape: Shape) -> str:
    """Return the module with the functions `STAGES`, which differ in what they weigh.

    They write mu Y + new F(Y) to `out`, `stage_from_start` with rest Y_0 added, `stage_of_two` with
    nu Y_-, and `stage_of_all` with both and old F_0. What counted reactions do in all cells of the
    call goes to `counts`, forwards and in reverse. `at` (species, columns of `COLUMNS`) says where
    the values begin: `here` to `after` in `source` (Y), `first` in `first` (Y_0), `earlier` (Y_-)
    and `slope` (F_0) in `kept`, `local` in `gain` and `loss`, `target` in `out`. A neighbour
    across a wall is the cell itself, but along the row, where `ends` is 1 in the first cell and 2
    in the last, and in a small slab, where `sides` is 1 in the first row and 2 in the last.
    `w` = (mu, nu, rest, new, old); `rates` (species, 4) = D/dx^2 along slabs, rows and cells,
    and the storage. Of a species that is `placed` the same rates stand in `exchange`, face by face:
    at `slab_ahead`, `slab_behind` and so on begin those of the faces on either side.
    """
    start, two = " + rest * first[first{1} + i]", " + nu * kept[earlier{1} + i]"
    more = ("", start, two, start + two + " + old * kept[slope{1} + i]")
    functions = [
        _function(name, network, shape, "{0}" + added)
        for name, added in zip(STAGES, more, strict=True)
    ]
    return "\n\n".join([_HEADER, *functions])


def _function(name: str, network: Network, shape: Shape, total: str) -> str:
    species, parameters = network.species_names, tuple(network.parameters)
    writer = Writer(
        species={s: f"x{row}" for row, s in enumerate(species)},
        parameters={p: f"p{row}" for row, p in enumerate(parameters)},
        varying=frozenset(species),
        reciprocals=True,
    )
    writer.count(network.expressions)
    for row, tree in enumerate(network.expressions):
        text = writer.text(tree)
        writer.inside.append(f"r{row} = {text}")
        if shape.counted[row]:
            writer.inside.append(f"up{row} = more(up{row}, r{row} if r{row} > 0.0 else 0.0)")
            writer.inside.append(f"down{row} = more(down{row}, -r{row} if r{row} < 0.0 else 0.0)")
    used = set().union(*(names(tree) for tree in network.expressions), ())
    # The arrays' sizes do not matter: nothing is counted from their ends.
    before = [f"{name} = carray(_{name}, 1)" for name in _ARRAYS]
    before += [f"p{i} = parameters[{i}]" for i, p in enumerate(parameters) if p in used]
    before += ["mu, nu, rest, new, old = w[0], w[1], w[2], w[3], w[4]"]
    for s in range(len(species)):
        before += [f"{c}{s} = at[{s * len(COLUMNS) + k}]" for k, c in enumerate(COLUMNS)]
        before += [f"{a}{s} = rates[{4 * s + k}]" for k, a in enumerate("defg")]
        before += [f"h{s} = 1.0 / g{s}"] if shape.stored[s] else []
    inside = [f"y{s} = source[here{s} + i]" for s in range(len(species))]
    # A stage may dip below zero, where roots and powers have no value.
    for i, name_of in enumerate(species):
        if name_of in used:
            seen = f"y{i} * h{i}" if shape.stored[i] else f"y{i}"
            inside.append(f"x{i} = {seen} if y{i} > 0.0 else 0.0")
    inside += writer.inside
    for s, numbers in enumerate(network.stoichiometry.tolist()):
        inside.append(f"c{s} = {_change(s, numbers, shape)}")
        value = total.format(f"mu * y{s} + new * c{s}", s)
        inside.append(f"out[target{s} + i] = {value}")
    counted = [row for row, kept in enumerate(shape.counted) if kept]
    before += [f"up{row}, down{row} = 0.0, 0.0" for row in counted]
    lines = [*before, *writer.before, "for i in range(uint64(size)):"]
    lines += [f"    {line}" for line in inside]
    for row in counted:
        lines.append(f"counts[{2 * row}], counts[{2 * row + 1}] = up{row}, down{row}")
    head = '@cfunc(STAGE, cache=True, error_model="numpy", fastmath={"contract"})\n'
    head += f"def {name}({', '.join(f'_{a}' for a in _ARRAYS)}, size):\n"
    return head + "".join(f"    {line}\n" for line in lines)


def _change(s: int, numbers: list[float], shape: Shape) -> str:
    terms = []
    for r, n in enumerate(numbers):
        if n != 0.0:
            # Only solutes change in pores, so that the weight is the storage of the one at hand.
            of_pores = shape.stored[s] and shape.in_pores[r]
            terms.append(f"{n!r} * r{r} * g{s}" if of_pores else f"{n!r} * r{r}")
    if shape.local[s]:
        terms.append(f"(gain[local{s} + i] - loss[local{s} + i] * y{s})")
    if shape.mobile[s]:
        near, far = f"(source[near{s} + i] - y{s})", f"(source[far{s} + i] - y{s})"
        terms.append(_across(s, "slab", "d", near, far, shape))
        if not shape.flat:
            south, north = (f"source[{side}{s} + i] - y{s}" for side in ("south", "north"))
            if shape.small:
                south += " if sides[cell0 + i] != 1.0 else 0.0"
                north += " if sides[cell0 + i] != 2.0 else 0.0"
            terms.append(_across(s, "row", "e", f"({south})", f"({north})", shape))
        low = f"(source[before{s} + i] - y{s} if ends[column0 + i] != 1.0 else 0.0)"
        high = f"(source[after{s} + i] - y{s} if ends[column0 + i] != 2.0 else 0.0)"
        terms.append(_across(s, "cell", "f", low, high, shape))
    return " + ".join(terms) or "0.0"


def _across(s: int, axis: str, rate: str, behind: str, ahead: str, shape: Shape) -> str:
    """Return what passes along an axis, of the differences to the cells `behind` and `ahead`."""
    if not shape.placed[s]:
        return f"{rate}{s} * ({behind} + {ahead})"
    faces = f"exchange[{axis}_behind{s} + i]", f"exchange[{axis}_ahead{s} + i]"
    return f"({faces[0]} * {behind} + {faces[1]} * {ahead})"
