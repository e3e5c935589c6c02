"""A study on finer and finer meshes: where its numbers tend, and which mesh would do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import xarray as xr

from cartflow.analyses.refinement.meshes import finer
from cartflow.core import arguments
from cartflow.core.dataset import as_stated, label, variable, without_fill
from cartflow.core.outcome import InputError, RunStopped
from cartflow.results.mesh_error.estimate import Estimate, estimates
from cartflow.results.mesh_error.numbers import in_unit, in_words, negligible, with_solutes
from cartflow.study.overrides import without_folders
from cartflow.study.study import Study

_MOST_LEVELS = 8


@dataclass(frozen=True, kw_only=True)
class Level:
    """One run: the width of its cells in mm, their number, what it took and what it came to.

    Of the `numbers` some are `negligible`: their relative errors say nothing.
    """

    width: float
    cells: int
    seconds: float
    numbers: dict[str, float]
    negligible: list[str]


def refine(
    path: str | Path,
    *,
    levels: int = 3,
    to: float = 0.01,
    settings: Mapping[str, object] | None = None,
    watch: Callable[[str], None] | None = None,
) -> xr.Dataset:
    """Run the study at `path` on its own mesh and on `levels` - 1 finer ones, each twice as fine.

    The dataset has, by level and number, the value and its relative error against the limit to
    which the finest meshes tend; and for each number the order, and the width of cells at which
    its error is `to` (0.01: 1 %). `watch(words)` is called before a run. Raises `InputError` on
    bad arguments, `RunStopped` when a run does not finish.
    """
    levels = arguments.whole_number(levels, "--levels", 2, _MOST_LEVELS)
    if not 0 < arguments.number(to, "--to") < 1:
        msg = f"--to: got {to:g}; it must be a share between 0 and 1, such as 0.01 or 1%"
        raise InputError(msg)
    own = Study.from_file(path, arguments.table(settings, "settings"))
    own.require_one_tumour()
    table = own.table.geometry
    if table is None:
        msg = f"{own.name}: refine: a study without a tumour has no mesh"
        raise InputError(msg)
    studies = [own.with_settings(finer(table, 2**k)) for k in range(levels)]
    found = [_level(study, watch) for study in studies]
    return _dataset(own, found, to)


def _level(study: Study, watch: Callable[[str], None] | None) -> Level:
    simulation = study.simulation
    geometry = study.geometry
    if watch is not None:
        watch(f"{geometry.size} cells of {geometry.cell_width:.3g} mm")
    start = perf_counter()
    record = simulation.outright().run()
    if record.outcome.status != "finished":
        msg = f"{study.name}: on {geometry.size} cells: {record.outcome}"
        raise RunStopped(msg)
    return Level(
        width=geometry.cell_width,
        cells=geometry.size,
        seconds=perf_counter() - start,
        numbers=with_solutes(record, simulation),
        negligible=negligible(record, simulation),
    )


def _dataset(own: Study, found: list[Level], to: float) -> xr.Dataset:
    finest = estimates([level.numbers for level in reversed(found)])
    names = [n for n in finest if all(n in level.numbers for level in found)]
    values = np.array([[level.numbers[n] for n in names] for level in found])
    each = [finest[n] for n in names]
    limits = np.array([_limit(v, e) for v, e in zip(values[-1], each, strict=True)])
    both, one, number = ("level", "number"), ("level",), ("number",)
    units = [in_unit(n, own.simulation) for n in names]
    dataset = xr.Dataset(
        {
            "value": variable(both, values, "1", "number at the end, in its unit"),
            "error": variable(both, values / limits - 1.0, "1", "relative error of the number"),
            "limit": variable(number, limits, "1", "where the number tends on fine meshes"),
            "order": variable(
                number,
                [np.nan if e.round_off else e.order for e in each],
                "1",
                "order in space, nan where the meshes differ by round-off alone",
            ),
            "order_measured": variable(
                number,
                np.array([e.measured for e in each], dtype=np.int8),
                "1",
                "whether the order was measured on three meshes (1) or taken (0)",
            ),
            "finest_error": variable(
                number, [e.error for e in each], "1", "estimated error of the finest mesh"
            ),
            "width_for_target": variable(
                number,
                [_width(e, to, found[-1].width, found[0].width) for e in each],
                "mm",
                "width of cells at which the error is the target, at most the coarsest mesh's, "
                "nan without an order",
            ),
            "width": variable(one, [level.width for level in found], "mm", "width of the cells"),
            "cells": variable(one, [level.cells for level in found], "1", "mesh cells"),
            "seconds": as_stated(one, [level.seconds for level in found], "s", "time of the run"),
        },
        coords={
            "number": label(number, names, "number of the summary"),
            "unit": label(number, units, "unit of the number"),
        },
    )
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "title": f"{own.table.title}: on finer meshes",
        "numbers_in_words": "; ".join(in_words(n, own.simulation) for n in names),
        "negligible": " ".join(found[-1].negligible),
        "target": to,
        "study": own.text,
        "settings": json.dumps(without_folders(own.settings), default=str),
    }
    return without_fill(dataset)


def _limit(value: float, estimate: Estimate) -> float:
    """Return where a number tends, by its last shift and order (Richardson's extrapolation).

    Of round-off nothing is extrapolated.
    """
    if estimate.round_off:
        return value
    return float(value * (1.0 - estimate.shift / (2.0**estimate.order - 1.0)))


def _width(estimate: Estimate, to: float, finest: float, coarsest: float) -> float:
    """Return the width for an error of `to`, wider than the finest where that is finer still.

    Of cells wider than those of the coarsest mesh an order seen on finer ones says nothing.
    """
    if estimate.round_off:
        return np.nan
    return min(coarsest, float(finest * (to / estimate.error) ** (1.0 / estimate.order)))
