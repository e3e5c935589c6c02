"""Every shipped example by both engines, and what grid and steps leave of error in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.results.result import Result, summarise
from cartflow.study.study import Study
from cartflow.study.tables.geometry import RowTable
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels

Array = np.ndarray

# The engines must agree within this; the issue of a run's own error is told apart from it.
_AGREEMENT = 5e-3
_STEP_ERROR = 5e-3
_GRID_ERROR = 2e-2
_END = {"quick": "1 day", "full": "7 day"}
_FIPY_TOLERANCE = {"quick": 5e-5, "full": 2e-5}
_REFINED = {"quick": (2, 4), "full": (2, 4, 8)}
NUMBERS = ("reached the tumour", "CAR T cells in the tumour", "tumour cells", "depth of 95 %")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One example's numbers, in the order of NUMBERS, by both engines and of the run as shipped.

    `slow_grids` (grids, numbers) are the reference's on its grids.
    """

    name: str
    fast: Array
    fipy: Array
    shipped: Array
    finer_steps: Array
    slow_grids: Array
    refined: bool


def examples() -> list[Path]:
    """Return the examples with a tumour; none where the package is installed without."""
    folder = Path(__file__).resolve().parents[2] / "examples"
    return [p for p in sorted(folder.glob("*.toml")) if Study.from_file(p).table.tumour]


def case(scope: Scope) -> CaseResult:
    """Return the comparison of the engines on every example."""
    found = [_compare(path, scope) for path in compared(scope)]
    checks = [check for item in found for check in _checks(item)]
    worst = max((c.deviation for c in checks if c.engine), default=np.nan)
    return CaseResult(
        name="engines_agree",
        title="Two engines, one answer",
        question=(
            "Do the fast engine and the reference by FiPy give the same answer on every example, "
            "and how large are the errors of steps and grid in the examples as they are shipped?"
        ),
        equation=(
            r"f_{\mathrm{fast}}(h \to 0) = f_{\mathrm{FiPy}}(h \to 0), \quad "
            r"f(h) = f(0) + b\,h + c\,h^2 + \ldots"
        ),
        method=(
            f"Each example runs with both engines, from the start to {_END[scope]}; those with "
            "events or doses after it do not, nor those that grow or are of single cells, which "
            "the reference does not step. The reference drifts upwind, first order in the grid, "
            "the fast engine second order, so that on one grid they must differ; where the tumour "
            "is a ball or a slab, each runs on several grids and is extrapolated by its own "
            "order. On voxels both run on the example's own. "
            "Beside that, the example as shipped is compared with a tenth of its tolerance in "
            "time, and with the limit of fine grids."
        ),
        finding=f"The engines differ by at most {100 * worst:.2g} % in any number.",
        checks=tuple(checks),
        dataset=_dataset(found) if found else xr.Dataset(),
        figure=_figure(found) if found else None,
        skipped="" if found else "the examples are not installed with the package",
    )


def compared(scope: Scope) -> list[Path]:
    """Return the examples that both engines step, and that begin within the time of a `scope`."""
    return [path for path in examples() if _by_both(path, scope)]


def _by_both(path: Path, scope: Scope) -> bool:
    table = Study.from_file(path).table
    if table.events or table.cells or getattr(table.geometry, "growth", None) is not None:
        return False
    end = Study.from_file(path, shortened(scope)).table.time.end
    given = [dose.time for dose in table.doses]
    given += [dose.time for each in table.circulating.values() for dose in each.doses]
    return all(time is None or time.value < end.value for time in given)


def shortened(scope: Scope) -> dict[str, str]:
    """Return the settings of a `scope` by which the examples are compared."""
    return {"time.end": _END[scope]}


def _compare(path: Path, scope: Scope) -> _Found:
    study = Study.from_file(path)
    cells = getattr(study.table.geometry, "cells", None)
    refined = isinstance(study.table.geometry, RowTable)
    own = shortened(scope)
    slow = {**own, "solver.engine": "fipy", "solver.tolerance": _FIPY_TOLERANCE[scope]}
    shipped = _numbers(path, own)
    finer = _numbers(path, {**own, "solver.tolerance": 0.1 * study.simulation.control.tolerance})
    if not refined:
        grids = np.array([_numbers(path, slow)])
        fast = shipped
    else:
        assert isinstance(cells, int)
        sizes = [cells * times for times in _REFINED[scope]]
        grids = np.array([_numbers(path, {**slow, "geometry.cells": n}) for n in sizes])
        two = [_numbers(path, {**own, "geometry.cells": n}) for n in (2 * cells, 4 * cells)]
        fast = two[1] + (two[1] - two[0]) / 3.0
    return _Found(
        name=path.stem,
        fast=fast,
        fipy=_limit(grids),
        shipped=shipped,
        finer_steps=finer,
        slow_grids=grids,
        refined=refined,
    )


def _limit(grids: Array) -> Array:
    """Return the limit of f(h) = f0 + b h (+ c h^2) on grids each twice as fine."""
    if len(grids) == 1:
        return np.asarray(grids[0])
    if len(grids) == 2:
        return np.asarray(2.0 * grids[1] - grids[0])
    return np.asarray((8.0 * grids[2] - 6.0 * grids[1] + grids[0]) / 3.0)


def _numbers(path: Path, settings: Mapping[str, object]) -> Array:
    result: Result = Study.from_file(path, settings).run().require_finished()
    summary = summarise(result.tree)
    tumour = result.tree["tumour"].to_dataset()
    last = (tumour["tumour"].isel(time=-1) * tumour["cell_volume"]).sum()
    order = ("reached_tumour", "in_tumour", None, "depth")
    return np.array([float(last) if key is None else summary[key] for key in order])


def _checks(item: _Found) -> list[Check]:
    checks = []
    for i, number in enumerate(NUMBERS):
        unit = "mm" if "depth" in number else "cell"
        checks.append(
            Check(
                name=f"{item.name}: {number}, against FiPy's",
                measured=float(item.fast[i]),
                expected=float(item.fipy[i]),
                tolerance=_AGREEMENT,
                kind="relative",
                reference="guyer2009",
                unit=unit,
                engine="fast",
            )
        )
    steps = _worst(item.shipped, item.finer_steps)
    checks.append(_bound(f"{item.name}: error of its steps", steps, _STEP_ERROR))
    if item.refined:
        checks.append(
            _bound(f"{item.name}: error of its grid", _worst(item.shipped, item.fast), _GRID_ERROR)
        )
    return checks


def _bound(name: str, measured: float, most: float) -> Check:
    return Check(
        name=f"{name}, worst number",
        measured=measured,
        expected=most,
        tolerance=0.0,
        kind="at_most",
        reference="exact",
    )


def _worst(found: Array, wanted: Array) -> float:
    return float(np.max(np.abs(found / wanted - 1.0)))


def _dataset(found: Sequence[_Found]) -> xr.Dataset:
    dims = ("example", "number")
    about = {
        "fast": "the fast engine, limit of fine grids where there is one",
        "fipy": "FiPy's engine, limit of fine grids where there is one",
        "shipped": "the example as shipped",
        "finer_steps": "the example with a tenth of its tolerance",
    }
    variables = {
        name: xr.Variable(
            dims,
            np.array([getattr(item, name) for item in found]),
            {"long_name": f"{text}; cells, or mm for the depth"},
        )
        for name, text in about.items()
    }
    difference = [item.fast / item.fipy - 1.0 for item in found]
    variables["difference"] = variable(dims, np.array(difference), "1", "fast over FiPy, less 1")
    return xr.Dataset(
        variables,
        coords={
            "example": label(("example",), [item.name for item in found], "example"),
            "number": label(("number",), list(NUMBERS), "what is counted"),
        },
    )


def _figure(found: Sequence[_Found]) -> Figure:
    figure, axes = panels(len(found), width=4.4)
    for item, panel in zip(found, axes, strict=True):
        places = np.arange(len(NUMBERS))
        for grid, values in enumerate(item.slow_grids):
            gap = 100 * np.abs(values / item.fast - 1.0)
            text = f"FiPy, grid {grid + 1}" if item.refined else "FiPy, same grid"
            panel.plot(places, np.maximum(gap, 1e-6), "o", color=colours(8)[grid], label=text)
        if item.refined:
            gap = 100 * np.abs(item.fipy / item.fast - 1.0)
            panel.plot(places, np.maximum(gap, 1e-6), "s", color="k", label="FiPy, limit")
        panel.axhline(100 * _AGREEMENT, color="0.5", lw=1, ls="--")
        panel.set_yscale("log")
        panel.set_xticks(places, [n.replace(" in the ", "\nin the ") for n in NUMBERS], fontsize=7)
        panel.set_title(item.name, fontsize=10)
        panel.set_ylabel("difference from the fast engine (%)")
        panel.legend(frameon=False, fontsize=7)
    return figure
