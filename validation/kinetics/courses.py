"""The first scenario of a kinetics model: its course, drawn and as a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import identifier, variable
from cartflow.core.ticks import TUMOUR_COLOUR, colours, log_limits
from cartflow.kinetics.files.checking import Checker
from cartflow.kinetics.species import Species
from cartflow.validation.book.drawing import panels

Array = np.ndarray

_LINES = 5  # in one panel, beyond which its legend cannot be read
_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_EVEN, _SOLVER = 401, 800
_LABELS = {"cell/mm^3": "cells per mm³", "ng/mm^3": "ng/mm³", "1": "amount (no unit)"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """Amounts (times, species) of a scenario at `times` (days)."""

    title: str
    species: tuple[Species, ...]
    times: Array
    amounts: Array


def course_of(checker: Checker) -> Course:
    """Return the first scenario's course, at even times and at some of the solver's own."""
    scenario = checker.model.scenario()
    run = checker.trajectory(scenario.name)
    grid = run.grid()
    even = np.linspace(0.0, scenario.end.value, _EVEN)
    times = np.unique(np.concatenate([even, grid[:: 1 + grid.size // _SOLVER]]))
    return Course(
        title=scenario.title or scenario.name,
        species=checker.model.network.species,
        times=times,
        amounts=run.at(times),
    )


def figure(course: Course) -> Figure:
    """Draw the species over time, those of one unit together."""
    groups = _groups(course)
    drawn, axes = panels(len(groups), width=5.2 if len(groups) > 1 else 7.0)
    for panel, rows in zip(axes, groups, strict=True):
        _panel(panel, course, rows)
    absent = [s.name for row, s in enumerate(course.species) if not course.amounts[:, row].any()]
    text = f"{course.title} (none: {', '.join(absent)})" if absent else course.title
    axes[0].set_title(text, fontsize=9, loc="left")
    return drawn


def dataset(course: Course) -> xr.Dataset:
    """Return one variable a species over time."""
    time = variable(("time",), course.times, "day", "time")
    return xr.Dataset(
        {
            identifier(s.name): variable(
                ("time",), course.amounts[:, row], s.unit, s.long_name or s.name
            )
            for row, s in enumerate(course.species)
        },
        coords={"time": time},
    )


def _groups(course: Course) -> list[list[int]]:
    """Return rows of species of one unit that are not 0 throughout, at most `_LINES`."""
    there = [row for row in range(len(course.species)) if course.amounts[:, row].any()]
    found = []
    for unit in dict.fromkeys(course.species[row].unit for row in there):
        rows = [row for row in there if course.species[row].unit == unit]
        number = -(-len(rows) // _LINES)
        found += [[int(r) for r in part] for part in np.array_split(rows, number)]
    return found


def _panel(axes: Any, course: Course, rows: list[int]) -> None:
    shades, styles = iter(colours(_LINES)), iter(_STYLES)
    for row in rows:
        species = course.species[row]
        shade = TUMOUR_COLOUR if species.name == "tumour" else next(shades)
        axes.plot(
            course.times, course.amounts[:, row], ls=next(styles), color=shade, label=species.name
        )
    unit = course.species[rows[0]].unit
    axes.set_xlabel("time (day)")
    axes.set_ylabel(_LABELS.get(unit, unit))
    values = course.amounts[:, rows]
    if spans_decades(values):
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(values))
    axes.legend(frameon=False, fontsize=8)


def spans_decades(values: Array) -> bool:
    """Whether `values`, none clearly negative, spread over two decades or more."""
    largest = float(np.abs(values).max())
    if largest == 0 or float(values.min()) < -1e-9 * largest:
        return False
    positive = values[values > 0]
    return float(positive.max() / positive.min()) >= 100.0
