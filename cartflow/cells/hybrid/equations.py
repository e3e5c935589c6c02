"""The equations of cells that are many, beside those of the fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cartflow.cells.births.acts import Act, Acts
from cartflow.cells.births.signs import may_turn_negative
from cartflow.cells.hybrid.walls import outwards
from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Binary, Call, Expression, Name, Negative, Number
from cartflow.kinetics.network import Network
from cartflow.kinetics.species import Reaction, Species
from cartflow.pde.problem import Field

# A density that rates are divided by is no less than this, in cells/mm3.
HARDLY_ANY = 1e-30
_SUFFIX = "_as_density"


def row_name(name: str) -> str:
    """Return the name of the row of a kind's density."""
    return name[: 60 - len(_SUFFIX)] + _SUFFIX


def with_densities(
    rest: Network, acts: Acts, kinds: Sequence[str], dense: Sequence[str]
) -> Network:
    """Return the network of the fields, with a row for each of the `dense` kinds.

    What a cell does at the chance rate/density, the row does at that chance times itself; the
    kind's own row holds all cells as they are, which rates see. Raises `InputError` for what makes
    single cells of a density.
    """
    roles = {species.name: species.role for species in rest.species}
    rows = tuple(Species(name=row_name(name), role=roles[name]) for name in dense)
    reactions = [
        _reaction(number, act, acts.network.expressions[act.rate], kinds, dense)
        for number, act in enumerate(acts.acts)
        if act.actor >= 0 and kinds[act.actor] in dense
    ]
    found = [each for each in reactions if each is not None]
    return replace(rest, species=(*rest.species, *rows), reactions=(*rest.reactions, *found))


def _reaction(
    number: int, act: Act, tree: Expression, kinds: Sequence[str], dense: Sequence[str]
) -> Reaction | None:
    actor = kinds[act.actor]
    change = Counter(kinds[kind] for kind in act.outcome)
    change[actor] -= 1
    for other, times in change.items():
        if times and other not in dense:
            msg = (
                f"fields.{other}.as: a reaction makes '{other}', single cells, of '{actor}', which "
            )
            raise InputError(msg + f"may be a density; make fields.{other} cells_below too")
    consumes = {row_name(n): -float(x) for n, x in change.items() if x < 0}
    produces = {row_name(n): float(x) for n, x in change.items() if x > 0}
    if not consumes and not produces:
        return None
    chance = Binary("/", _of_its_sign(tree, act), Name(actor))
    return Reaction(
        name=f"as_density_{number}",
        consumes=consumes,
        produces=produces,
        rate=Binary("*", chance, Name(row_name(actor))),
    )


def _of_its_sign(tree: Expression, act: Act) -> Expression:
    """Return the rate of an act where a net rate has its sign, else 0."""
    if not may_turn_negative(tree):
        return tree
    nothing = Binary("*", Number(0.0), tree)
    return Call("max", (Negative(tree) if act.reverse else tree, nothing))


def field_of_density(item: Field) -> Field:
    """Return how the row of a kind's density moves, into which nothing comes.

    What is supplied comes as whole cells, and what walls let in where it is told (see `inwards`).
    """
    sources = tuple(replace(source, supply=0.0) for source in item.sources)
    walls = {name: outwards(condition) for name, condition in item.boundaries.items()}
    return replace(item, name=row_name(item.name), sources=sources, boundaries=walls)
