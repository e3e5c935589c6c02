"""A slab study and a ball study, body included, solved again with SciPy's method of lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.pbpk.tumour import TumourVessels
from cartflow.study.study import Study
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.numerics.independent_studies import BALL, SLAB
from cartflow.validation.numerics.independent_tumours import ball_tumour, slab_tumour
from cartflow.validation.numerics.lines import Lines, Row
from cartflow.validation.organs.organ_equations import rate_matrix

Array = np.ndarray

_TOLERANCE = 1e-3
_TIMES = (0.25, 1.0, 3.0, 7.0)
_CHECKED = (1.0, 7.0)
_CELLS = {"quick": 200, "full": 400}
_FINE = {"quick": (200, 400), "full": (400, 800)}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Answer:
    """One study's numbers by name, each at the times, and the cells' last profile."""

    numbers: dict[str, Array]
    places: Array
    profile: Array


def case(scope: Scope) -> CaseResult:
    """Return the comparison of both studies' numbers."""
    ours, theirs, checks = {}, {}, []
    for name, text in (("slab", SLAB), ("ball", BALL)):
        ours[name] = _package(text, _CELLS[scope])
        coarse, fine = (_lines(name, text, cells) for cells in _FINE[scope])
        theirs[name] = _extrapolated(coarse, fine)
        checks += _checks(name, ours[name], theirs[name])
    worst = max(checks, key=lambda check: check.deviation)
    return CaseResult(
        name="independent_solver",
        title="Two studies solved again by other code",
        question=(
            "Does a whole study, from the vein to the tumour's core, come out the same when its "
            "equations are solved by other code and other methods?"
        ),
        equation=(
            r"\frac{\partial u}{\partial t} = \nabla\cdot(D h\,\nabla u - v(a)\,u) + "
            r"p\,\frac{u T}{K + T} - d\,u + N_{in}\,w - e\,u"
            "\n"
            r"\frac{\partial(\varepsilon c)}{\partial t} = \nabla\cdot\left(\frac{\varepsilon "
            r"D_0}{\lambda^2}\,\nabla c\right) + s\,u - k\,\varepsilon c"
        ),
        method=(
            "The slab: cells from the vein enter at one face of a tissue whose matrix they "
            "degrade, which opens pores and way, and leave by a film at the other. The ball: "
            "vessels in the outer layer, a chemokine that tumour cells secrete, cells that climb "
            "it by receptors that saturate. Both are written once more as ordinary differential "
            "equations, organs included, with central differences on two finer grids, "
            "integrated by SciPy's BDF at 1e-7 and extrapolated in the grid. Only the numbers of "
            f"body and models are read from the same files. The package uses {_CELLS[scope]} "
            "cells and its default steps."
        ),
        finding=(
            f"The worst of {len(checks)} numbers differs by {100 * worst.deviation:.2g} % "
            f"({worst.name})."
        ),
        checks=tuple(checks),
        dataset=_dataset(ours, theirs),
        figure=_figure(ours, theirs),
        references=("khot2019", "singh2020", "sykova2008"),
    )


def _checks(name: str, ours: _Answer, theirs: _Answer) -> list[Check]:
    return [
        Check(
            name=f"{name}: {what}, day {time:g}",
            measured=float(ours.numbers[what][i]),
            expected=float(theirs.numbers[what][i]),
            tolerance=_TOLERANCE,
            kind="relative",
            reference="exact",
            engine="fast",
            unit="mm" if "depth" in what else "cell",
        )
        for what in theirs.numbers
        for i, time in enumerate(_TIMES)
        if time in _CHECKED
    ]


def _package(text: str, cells: int) -> _Answer:
    study = Study.from_text(text.format(cells=cells))
    simulation = study.simulation
    record = simulation.run()
    if record.outcome.status != "finished":
        raise RuntimeError(str(record.outcome))
    states = record.states[1:]
    network, names = simulation.coupled.network, study.kinetics.species_names
    inside = network.volumes() > 0
    volumes, depth = study.geometry.cell_volumes, study.geometry.depth
    cart = np.array([s.tumour[names.index("cart")] for s in states])
    tumour = np.array([s.tumour[names.index("tumour")] for s in states])
    body = np.array([s.body[inside].sum() for s in states])
    venous = np.array([s.body[network.index("venous"), 0] for s in states])
    return _answer(volumes, depth, cart, tumour, body, venous, study.geometry.centres[:, 0])


def _answer(
    volumes: Array,
    depth: Array,
    cart: Array,
    tumour: Array,
    body: Array,
    venous: Array,
    places: Array,
) -> _Answer:
    count = cart @ volumes
    return _Answer(
        numbers={
            "CAR T cells in the tumour": count,
            "tumour cells": tumour @ volumes,
            "CAR T cells in the body": body,
            "CAR T cells in venous blood": venous,
            "mean depth of CAR T cells": cart @ (volumes * depth) / count,
        },
        places=places,
        profile=cart[-1],
    )


def _lines(name: str, text: str, cells: int) -> _Answer:
    """Return the same numbers by the method of lines."""
    study = Study.from_text(text.format(cells=2))
    ball = name == "ball"
    row = Row(edges=np.linspace(0.0, 2.0, cells + 1), round=ball)
    body, model = study.body, study.trafficking
    names = (*study.organs.names, "tumour_tissue")
    node = names[study.organs.draining]
    vessels = TumourVessels(volume=row.volumes.sum(), host=("skin", "muscle"), node=node)
    rates = rate_matrix(body, model, vessels, names)
    keep = [i for i, n in enumerate(names) if n not in ("handed_over", "tumour_tissue")]
    tissue = names.index("tumour_tissue")
    own = tuple(names[i] for i in keep)
    fed = (row.middles > 1.2) if ball else (np.arange(cells) == 0)
    numbers = {k: p.value for k, p in study.kinetics.parameters.items()}
    rate = rates[names.index(node), tissue]
    system = Lines(
        row=row,
        body=rates[np.ix_(keep, keep)],
        handed=rates[tissue, keep],
        node=own.index(node),
        arrival=fed / (fed @ row.volumes),
        egress=rate * (fed if ball else np.ones(cells)),
        fields=3 if ball else 4,
        tumour=ball_tumour(row, numbers) if ball else slab_tumour(row, numbers),
    )
    x = np.zeros(len(own))
    x[own.index("venous")] = 3e6
    u = np.zeros((system.fields, cells))
    u[1] = 2e4
    if not ball:
        u[0], u[3] = 100.0, 1.0
    scales = np.array([3e6, 1e3, 1e4, 1e-2, 1.0])[: 1 + system.fields]
    times = np.array([0.0, *_TIMES])
    found, fields = system.solve(x, u, times, scales)
    inside = [n != "lost" for n in own]
    return _answer(
        row.volumes,
        2.0 - row.middles if ball else row.middles,
        fields[1:, 0],
        fields[1:, 1],
        found[1:, inside].sum(axis=1),
        found[1:, own.index("venous")],
        row.middles,
    )


def _extrapolated(coarse: _Answer, fine: _Answer) -> _Answer:
    """Return the limit of second-order answers on a grid and one twice as fine."""
    numbers = {k: v + (v - coarse.numbers[k]) / 3.0 for k, v in fine.numbers.items()}
    return _Answer(numbers=numbers, places=fine.places, profile=fine.profile)


def _dataset(ours: dict[str, _Answer], theirs: dict[str, _Answer]) -> xr.Dataset:
    variables, coordinates = {}, {"time": variable(("time",), np.array(_TIMES), "day", "time")}
    for name, our in ours.items():
        for tag, answer in (("", our), ("_lines", theirs[name])):
            place = f"{name}_x{tag}"
            text = "method of lines" if tag else "cartflow"
            coordinates[place] = variable((place,), answer.places, "mm", f"place, {name}")
            variables[f"{name}_cart{tag}"] = variable(
                (place,), answer.profile, "cell/mm^3", f"CAR T cells on day 7, {name}, {text}"
            )
            variables[f"{name}_numbers{tag}"] = xr.Variable(
                ("number", "time"),
                np.array(list(answer.numbers.values())),
                {"long_name": f"numbers of the {name}, {text}; cells, or mm for depth"},
            )
    coordinates["number"] = label(("number",), list(ours["slab"].numbers), "what is counted")
    return xr.Dataset(variables, coords=coordinates)


def _figure(ours: dict[str, _Answer], theirs: dict[str, _Answer]) -> Figure:
    figure, axes = panels(3)
    for item, name in zip(axes, ours, strict=False):
        item.plot(ours[name].places, ours[name].profile, color=TUMOUR_COLOUR, label="cartflow")
        every = slice(None, None, max(1, theirs[name].places.size // 40))
        item.plot(
            theirs[name].places[every],
            theirs[name].profile[every],
            "o",
            ms=4,
            mfc="none",
            color="0.2",
            label="method of lines",
        )
        item.set_xlabel("x (mm)" if name == "slab" else "r (mm)")
        item.set_ylabel("CAR T cells per mm$^3$, day 7")
        item.set_title(name, fontsize=10)
        item.legend(frameon=False, fontsize=8)
    shades = iter(colours(8))
    for name in ours:
        for what in ("CAR T cells in the tumour", "CAR T cells in venous blood"):
            shade = next(shades)
            axes[2].loglog(_TIMES, ours[name].numbers[what], color=shade, label=f"{name}: {what}")
            axes[2].loglog(_TIMES, theirs[name].numbers[what], "o", color=shade, ms=4, mfc="none")
    axes[2].set_xticks(_TIMES, [f"{time:g}" for time in _TIMES])
    axes[2].xaxis.set_minor_formatter(NullFormatter())
    axes[2].set_xlabel("time (day)")
    axes[2].set_ylabel("cells")
    axes[2].legend(frameon=False, fontsize=7)
    return figure
