"""Figure and numbers of the case Fisher-KPP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.sheets import sheet
from cartflow.validation.fronts.cart_front_runs import CartFront
from cartflow.validation.fronts.dispersion import LINEAR, SATURATING
from cartflow.validation.fronts.fisher_kpp_runs import CAPACITY, FIRST, RATE, Fisher

Array = np.ndarray


def figure(fronts: Sequence[Fisher], carts: Sequence[CartFront]) -> Figure:
    """Return profiles, speeds of the slab and the CAR T fronts over time, and all deviations."""
    result, (shapes, speeds, antigen, off) = sheet(2, 2)
    _shapes(shapes, fronts[0])
    _speeds(speeds, [run for run in fronts if run.setting is fronts[0].setting])
    _antigen(antigen, [run for run in carts if run.engine == "fast"])
    _deviations(off, fronts, carts)
    return result


def _shapes(axes: Any, run: Fisher) -> None:
    last = len(run.profiles) - 1
    chosen = range(0, last + 1, 10)
    for number in chosen:
        colour = colormaps["cividis"](0.9 * number / last)
        axes.plot(run.x, run.profiles[number] / CAPACITY, color=colour, label=f"{number:d}")
    axes.set_xlabel("x (mm)")
    axes.set_ylabel("cells, share of the capacity")
    axes.set_title(f"Slab, {run.engine} engine", fontsize=9)
    axes.legend(title="day", frameon=False, fontsize=7, ncols=2, loc="upper right")


def _speeds(axes: Any, runs: Sequence[Fisher]) -> None:
    for run, colour in zip(runs, colours(len(runs)), strict=True):
        time, speed = _course(run.track.times, run.track.positions)
        axes.plot(time[::3], speed[::3], "o", color=colour, ms=3, label=f"{run.engine} engine")
        law = [run.front.speed_at(t) for t in time]
        axes.plot(time, law, "-", color=colour, lw=1, label="its law, 3/2")
        axes.axhline(run.front.speed, color=colour, lw=0.8, ls=":")
    axes.axvline(FIRST, color="0.7", lw=0.8)
    low = runs[0].front.speed
    axes.set_ylim(0.93 * low, 1.01 * low)
    axes.set_xlabel("time (day)")
    axes.set_ylabel("speed (mm/day)")
    axes.set_title("Slab: dotted v*, compared right of the line", fontsize=9)
    axes.legend(frameon=False, fontsize=7, loc="lower right")


def _antigen(axes: Any, runs: Sequence[CartFront]) -> None:
    for run, colour in zip(runs, colours(len(runs)), strict=True):
        time, speed = _course(run.track.times, run.track.positions)
        axes.plot(time[::3], speed[::3], "o", color=colour, ms=3, label=run.name)
        for constant, style in ((LINEAR, "-"), (SATURATING, "--")):
            law = [run.front.speed_at(t, constant) for t in time]
            axes.plot(time, law, style, color="0.5", lw=0.9, zorder=0)
    axes.set_ylim(0.95 * runs[0].front.speed, 1.005 * runs[0].front.speed)
    axes.set_xlabel("time (day)")
    axes.set_ylabel("speed (mm/day)")
    axes.set_title("CAR T cells; laws with 1/2 (line), 3/2 (dashes)", fontsize=9)
    axes.legend(frameon=False, fontsize=7, loc="lower right")


def _deviations(axes: Any, fronts: Sequence[Fisher], carts: Sequence[CartFront]) -> None:
    rows = [(f"{r.setting.name}, {r.engine}", r.worst(), r.setting.tolerance) for r in fronts]
    rows += [(f"{r.name}, {r.engine}", r.speeds(), 1e-3) for r in carts]
    for place, (_, pair, tolerance) in enumerate(rows):
        off = max(abs(pair[0] / pair[1] - 1.0), 1e-7)
        if np.isfinite(off):
            axes.plot(100 * off, place, "o", color=colours(1)[0], ms=4)
        axes.plot(100 * tolerance, place, "|", color="0.3", ms=9)
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("deviation from the law (%)")
    axes.set_title("Dots: worst window; bars: tolerance", fontsize=9)


def _course(times: Array, positions: Array, early: float = 5.0) -> tuple[Array, Array]:
    """Return mid-times from `early` days on, and the speeds over two intervals around them."""
    speed = (positions[2:] - positions[:-2]) / (times[2:] - times[:-2])
    late = times[1:-1] >= early / RATE
    return times[1:-1][late], speed[late]


def dataset(fronts: Sequence[Fisher], carts: Sequence[CartFront]) -> xr.Dataset:
    """Return where every front stood over time, and the profiles of the slab."""
    runs: list[Fisher | CartFront] = [*fronts, *carts]
    names = [f"{r.setting.name}, {r.engine}" for r in fronts]
    names += [f"{r.name}, {r.engine}" for r in carts]
    longest = max((run.track for run in runs), key=lambda track: track.times.size)
    positions = np.full((len(runs), longest.times.size), np.nan)
    for row, run in zip(positions, runs, strict=True):
        row[: run.track.positions.size] = run.track.positions
    slab = fronts[0]
    return xr.Dataset(
        {
            "front_position": variable(("run", "time"), positions, "mm", "where the front stands"),
            "asymptotic_speed": variable(
                ("run",), [r.front.speed for r in runs], "mm/day", "v* of the scheme"
            ),
            "steepness": variable(
                ("run",), [r.front.steepness for r in runs], "1/mm", "lambda* of the scheme"
            ),
            "density": variable(
                ("time", "x"), slab.profiles[1:], "cell/mm^3", f"cells, {names[0]}"
            ),
        },
        coords={
            "run": label(("run",), names, "geometry and engine"),
            "time": variable(("time",), longest.times, "day", "time"),
            "x": variable(("x",), slab.x, "mm", "position"),
        },
    )
