"""Shipped kinetics models against their sources' own equations, integrated once more by SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.alone.simulate import Simulated, simulate
from cartflow.core.dataset import label, variable
from cartflow.core.ticks import TUMOUR_COLOUR, colours, log_limits
from cartflow.core.units.conversion import factor
from cartflow.kinetics.files.load import load_model
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import source_title
from cartflow.validation.kinetics.courses import spans_decades
from cartflow.validation.kinetics.equations import equation_lines
from cartflow.validation.kinetics.followed import Course

Array = np.ndarray

_TOLERANCE = 1e-3
# Amounts below this share of the largest in the same run count as this share.
_SMALLEST = 1e-9
_POINTS = 801


@dataclass(frozen=True, kw_only=True, eq=False)
class _Row:
    """One species of one run: the source's and our amounts (n_times,) in the source's unit.

    `line` is our whole course, (2, n): days and amounts.
    """

    scenario: str
    species: str
    unit: str
    times: Array
    theirs: Array
    ours: Array
    line: Array

    @property
    def differences(self) -> Array:
        """The relative differences (n_times,); where the source has none, ours must be none."""
        scale = np.maximum(np.abs(self.theirs), _SMALLEST * np.abs(self.theirs).max())
        gap = np.abs(self.ours - self.theirs)
        return np.divide(gap, scale, out=np.where(gap > 0, np.inf, 0.0), where=scale > 0)


def case(_scope: Scope, subject: str) -> CaseResult:
    """Return the largest difference of every species of the model `subject` over all its runs."""
    source: Any = import_module(f"cartflow.validation.sources.{subject}")
    rows = [row for course in source.courses() for row in _compared(subject, course)]
    model = load_model(subject)
    key = model.network.references[0]
    return CaseResult(
        name=f"sources:{subject}",
        title=source_title(subject),
        question=(
            f"Is the shipped model {subject} the model of its source? The source's equations are "
            "written and integrated once more, from the source and not from the model's file."
        ),
        equation=equation_lines(model.network),
        method=(
            f"Read: {source.READ}. The equations stand in validation/sources/{subject}.py as "
            "plain functions, in the source's own units, and are integrated by SciPy to a "
            "relative error of 1e-9; the package's run is that of `cartflow simulate`. Compared "
            "is every species at the same times, relative to the source's amount (or to 1e-9 of "
            f"its largest in the run, where it is less). Allowed is {_TOLERANCE:g}."
        ),
        finding=_finding(rows, set(model.network.species_names)),
        checks=tuple(_check(name, rows, key) for name in _species(rows)),
        dataset=_dataset(rows),
        figure=_figure(rows),
        references=model.network.references,
    )


def _compared(subject: str, course: Course) -> list[_Row]:
    ran = simulate(subject, course.scenario, course.settings)
    fine = np.linspace(0.0, float(course.times.max()), _POINTS)
    states, curve = ran.course.at(course.times), ran.course.at(fine)
    return [
        _Row(
            scenario=course.scenario,
            species=name,
            unit=(unit := course.units.get(name, course.unit)),
            times=course.times,
            theirs=theirs,
            ours=_in_unit(ran, name, states, unit),
            line=np.array([fine, _in_unit(ran, name, curve, unit)]),
        )
        for name, theirs in course.amounts.items()
    ]


def _in_unit(ran: Simulated, name: str, states: Array, unit: str) -> Array:
    row = ran.model.network.index(name)
    whole = ran.model.scaling.like(1.0, ran.model.network.species[row].unit, unit)
    return np.asarray(states[:, row] * whole / float(factor(unit)))


def _species(rows: Sequence[_Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.species for row in rows))


def _check(name: str, rows: Sequence[_Row], key: str) -> Check:
    these = [row for row in rows if row.species == name]
    times = sum(row.times.size for row in these)
    runs = f"{len(these)} run{'s' if len(these) > 1 else ''}"
    return Check(
        name=f"{name}: worst of {times} values in {runs}",
        measured=max(float(row.differences.max()) for row in these),
        expected=_TOLERANCE,
        tolerance=0.0,
        kind="at_most",
        reference=key,
    )


def _finding(rows: Sequence[_Row], all_species: set[str]) -> str:
    worst = max(rows, key=lambda row: float(row.differences.max()))
    at = int(worst.differences.argmax())
    runs = dict.fromkeys(row.scenario for row in rows)
    unit = "" if worst.unit == "1" else f" {worst.unit}"
    text = (
        f"Runs: {', '.join(runs)}. The largest difference is {worst.differences[at]:.2g} "
        f"({worst.species} of {worst.scenario} on day {worst.times[at]:.4g}: "
        f"{worst.ours[at]:.7g}{unit} here, {worst.theirs[at]:.7g}{unit} by the source's equations)."
    )
    missing = sorted(all_species - {row.species for row in rows})
    return f"{text} Not compared: {', '.join(missing)}." if missing else text


def _dataset(rows: Sequence[_Row]) -> xr.Dataset:
    dims = ("row",)
    parts = [(row, i) for row in rows for i in range(row.times.size)]
    numbers = {
        "day": (lambda row, i: row.times[i], "day", "time"),
        "source": (lambda row, i: row.theirs[i], "1", "amount by the source's equations, in unit"),
        "package": (lambda row, i: row.ours[i], "1", "amount by the package, in unit"),
        "difference": (lambda row, i: row.differences[i], "1", "relative difference"),
    }
    texts = {
        "scenario": (lambda row: row.scenario, "scenario of the package's file"),
        "species": (lambda row: row.species, "species"),
        "unit": (lambda row: row.unit, "unit of both amounts"),
    }
    return xr.Dataset(
        {
            **{k: label(dims, [f(row) for row, _ in parts], t) for k, (f, t) in texts.items()},
            **{
                k: variable(dims, np.array([f(row, i) for row, i in parts]), unit, text)
                for k, (f, unit, text) in numbers.items()
            },
        }
    )


def _figure(rows: Sequence[_Row]) -> Figure:
    """Draw the first run, each species relative to its largest, and all differences over time."""
    drawn, (left, right) = panels(2, width=5.2)
    shades = dict(zip(_species(rows), colours(len(_species(rows))), strict=True))
    shades |= {"tumour": TUMOUR_COLOUR} if "tumour" in shades else {}
    for row in rows:
        shade, largest = shades[row.species], np.abs(row.theirs).max() or 1.0
        if row.scenario == rows[0].scenario:
            left.plot(row.line[0], row.line[1] / largest, "-", color=shade, label=row.species)
            left.plot(row.times, row.theirs / largest, "o", color=shade, ms=4)
        right.plot(row.times, np.maximum(row.differences, 1e-14), ".", color=shade)
    left.set_title(f"{rows[0].scenario}: points by the source's equations", fontsize=9, loc="left")
    left.set_ylabel("share of the largest")
    shown = np.concatenate([row.theirs / (np.abs(row.theirs).max() or 1.0) for row in rows])
    if spans_decades(shown):
        left.set_yscale("log")
        left.set_ylim(*log_limits(shown))
    left.legend(frameon=False, fontsize=7, ncols=1 + len(shades) // 10)
    right.axhline(_TOLERANCE, color="black", lw=0.8, ls="--")
    right.set_yscale("log")
    right.set_ylabel("relative difference, all runs")
    for axes in (left, right):
        axes.set_xlabel("time (day)")
    return drawn
