"""Case 2, pushed fronts: growth that needs neighbours, and motility that crowding raises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.fronts.dispersion import nagumo_speed
from cartflow.validation.fronts.pushed_front_runs import (
    CAPACITY,
    DIFFUSIVITY,
    LENGTH,
    RATE,
    Pushed,
    nagumo,
    porous_fisher,
)

_THRESHOLDS = (0.1, 0.25, 0.4)
_TOLERANCE = 2e-3


def case(scope: Scope) -> CaseResult:
    """Return the speeds of bistable fronts and of the porous Fisher front."""
    runs = [porous_fisher("fast"), *(nagumo("fast", a) for a in _THRESHOLDS)]
    if scope == "full":
        runs += [porous_fisher("fipy"), nagumo("fipy", 0.25)]
    worst = max(runs, key=lambda run: abs(run.measured / run.exact - 1.0))
    return CaseResult(
        name="pushed_fronts",
        title="Pushed fronts: speeds known exactly",
        question=(
            "Do fronts whose speed their whole shape sets, not their edge, have the exact one? "
            "They test the kinetics, and diffusion that depends on the density itself."
        ),
        equation=(
            r"\frac{\partial u}{\partial t} = D \frac{\partial^2 u}{\partial x^2}"
            r" + r u (1 - u)(u - a): \quad c = \sqrt{r D / 2}\, (1 - 2 a)"
            "\n"
            r"\frac{\partial u}{\partial t} = \frac{\partial}{\partial x}"
            r"\left(D_0 u \frac{\partial u}{\partial x}\right)"
            r" + r u (1 - u): \quad c = \sqrt{r D_0 / 2}"
        ),
        method=(
            "D = 0.01 mm2/day, r = 1/day, u in units of the capacity, cells of 0.1 sqrt(D/r), from "
            "a step; the mean speed of u = 1/2 once the shape has settled, which takes some days. "
            "The first-order engine runs with steps of 0.04 and 0.02 days, and its speed is "
            "extrapolated to a step of zero."
        ),
        finding=(
            f"The largest deviation is {100 * abs(worst.measured / worst.exact - 1):.3f} % "
            f"({worst.name}, {worst.engine} engine). A harmonic mean of D(u) at faces would hold "
            "the porous front where it is: beside an empty cell it is zero."
        ),
        checks=tuple(map(_check, runs)),
        dataset=_dataset(runs),
        figure=_figure(runs),
        references=("murray2002",),
    )


def _check(run: Pushed) -> Check:
    return Check(
        name=f"front speed, {run.name}",
        measured=run.measured,
        expected=run.exact,
        tolerance=_TOLERANCE,
        kind="relative",
        unit="mm/day",
        reference="murray2002",
        engine=run.engine,
    )


def _figure(runs: Sequence[Pushed]) -> Figure:
    figure, (shapes, speeds) = sheet(1, 2)
    fast = [run for run in runs if run.engine == "fast"]
    for run, colour in zip(fast, colours(len(fast)), strict=True):
        front = run.track.positions[-1]
        near = np.abs(run.x - front) < 12.0 * LENGTH
        shapes.plot(
            (run.x - front)[near], run.profiles[-1][near] / CAPACITY, color=colour, label=run.name
        )
    shapes.set_xlabel("distance from the front (mm)")
    shapes.set_ylabel("cells, share of the capacity")
    shapes.set_title("Shapes once settled, fast engine", fontsize=9)
    shapes.legend(frameon=False, fontsize=8)
    thresholds = np.linspace(0.0, 0.5, 50)
    line = [nagumo_speed(RATE, DIFFUSIVITY, a) for a in thresholds]
    speeds.plot(thresholds, line, color="0.6", label="exact, Nagumo")
    for engine, marker in (("fast", "o"), ("fipy", "x")):
        found = [r for r in runs if r.engine == engine and r.name.startswith("Nagumo")]
        place = [float(r.name.rpartition(" ")[2]) for r in found]
        speeds.plot(place, [r.measured for r in found], marker, ls="", label=f"{engine} engine")
    porous = runs[0]
    speeds.axhline(porous.exact, color="0.6", ls=":", label="exact, porous Fisher")
    speeds.plot(0.0, porous.measured, "s", color=colours(3)[2], label="porous Fisher, fast")
    speeds.set_xlabel("threshold a, share of the capacity")
    speeds.set_ylabel("speed (mm/day)")
    speeds.set_ylim(0.0, None)
    speeds.legend(frameon=False, fontsize=8)
    return figure


def _dataset(runs: Sequence[Pushed]) -> xr.Dataset:
    names = [f"{run.name}, {run.engine}" for run in runs]
    times = max((run.track.times for run in runs), key=len)
    positions = np.full((len(runs), times.size), np.nan)
    for row, run in zip(positions, runs, strict=True):
        row[: run.track.positions.size] = run.track.positions
    return xr.Dataset(
        {
            "front_position": variable(("run", "time"), positions, "mm", "where the front stands"),
            "speed": variable(("run",), [r.measured for r in runs], "mm/day", "measured speed"),
            "exact_speed": variable(("run",), [r.exact for r in runs], "mm/day", "exact speed"),
        },
        coords={
            "run": label(("run",), names, "front and engine"),
            "time": variable(("time",), times, "day", "time"),
        },
    )
