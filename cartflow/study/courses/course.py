"""A course: times and values, and the lines that go through them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.core.units.conversion import factor
from cartflow.study.courses.columns import read_columns
from cartflow.study.tables.courses import CourseTable, Interpolation
from cartflow.study.within import inside

Array = np.ndarray
# Pieces into which an interval of a smooth curve is cut, each then a line.
_PIECES = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """Values (times, columns) at rising `times` (days), and how they go on between."""

    times: Array
    values: Array
    interpolation: Interpolation

    def lines(self) -> tuple[Array, Array, Array]:
        """Return times (k,), values and slopes per day (k, columns) of lines, one after the other.

        The last goes on at its value. A smooth curve (`pchip`, monotone between samples) is cut
        into 32 lines an interval.
        """
        times, values = self.times, self.values
        if self.interpolation == "pchip" and times.size > 1:
            from scipy.interpolate import PchipInterpolator

            parts = [np.linspace(a, b, _PIECES, endpoint=False) for a, b in pairwise(times)]
            fine = np.concatenate([*parts, times[-1:]])
            values, times = PchipInterpolator(times, values)(fine), fine
        slopes = np.zeros_like(values)
        if self.interpolation != "step":
            slopes[:-1] = np.diff(values, axis=0) / np.diff(times)[:, None]
        return times, values, slopes


def read_course(
    table: CourseTable, columns: list[str], like: str, folder: Path, end: float, where: str
) -> Course:
    """Return a course in internal units like `like`, with the `columns` of a file or an array.

    Raises `InputError` that begins with `where`.
    """
    try:
        given = table.course
        if isinstance(given, xr.DataArray):
            times, values = _of_array(table, given, columns, like)
        elif isinstance(given, str):
            times, values = _of_file(table, inside(folder, given, "course"), columns, like)
        else:
            msg = f"course: {given!r:.60} is neither a path nor an xarray.DataArray"
            raise InputError(msg)
        name = f"{folder / given}" if isinstance(given, str) else "course"
        _require_course(times, values, table.interpolation, end, name)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
    return Course(times=times, values=values, interpolation=table.interpolation)


def _of_file(table: CourseTable, path: Path, columns: list[str], like: str) -> tuple[Array, Array]:
    if table.time is None:
        msg = "key 'time' is missing; it names the column of times"
        raise InputError(msg)
    if table.unit is None:
        msg = "key 'unit' is missing; it is that of the values"
        raise InputError(msg)
    found = read_columns(path, [table.time, *columns])
    days = _in_days(found[:, 0], _time_unit(table.time_unit, table.time))
    return days, found[:, 1:] * _factor(table.unit, like)


def _of_array(
    table: CourseTable, given: xr.DataArray, columns: list[str], like: str
) -> tuple[Array, Array]:
    for key in ("time", "value"):
        if getattr(table, key) is not None:
            msg = f"{key}: has no effect beside an array, whose first dimension is time"
            raise InputError(msg)
    name = str(given.dims[0]) if given.dims else ""
    if not 1 <= given.ndim <= 2 or name not in given.coords:
        msg = "course: an array of times, or of times and phenotypes, with the times as coordinate"
        raise InputError(msg)
    times = given.coords[name]
    unit = table.time_unit or str(times.attrs.get("units", "")) or None
    values = np.asarray(given.values, dtype=float).reshape(given.shape[0], -1)
    if values.shape[1] != len(columns):
        msg = f"course: an array of {values.shape[1]} columns; needed are {len(columns)}"
        raise InputError(msg)
    own = table.unit or str(given.attrs.get("unit_with_cells", given.attrs.get("units", "")))
    own = "cell/mm^3" if own == "mm-3" and like == "cell/mm^3" else own
    if not own:
        raise InputError("key 'unit' is missing; the array has no attribute 'units'")
    days = _in_days(np.asarray(times.values, dtype=float), _time_unit(unit, name))
    return days, values * _factor(own, like)


def _time_unit(unit: str | None, column: str) -> str:
    """Return the unit of times, which a column's name may be."""
    try:
        parameter(f"1 {unit or column}", "day")
    except InputError:
        if unit is not None:
            msg = f"time_unit: '{unit}' is no unit of time"
            raise InputError(msg) from None
        msg = f"key 'time_unit' is missing; the column '{column}' does not say its unit"
        raise InputError(msg) from None
    return unit or column


def _in_days(times: Array, unit: str) -> Array:
    """Return times in days, each rounded once, as those of doses are."""
    one = factor(unit)
    return np.array([float(Fraction(repr(float(t))) * one) if np.isfinite(t) else t for t in times])


def _factor(unit: str, like: str) -> float:
    try:
        return parameter(f"1 {unit}" if unit != "1" else 1, like).value
    except InputError as error:
        msg = f"unit: {error}"
        raise InputError(msg) from None


def require_not_negative(course: Course, where: str) -> None:
    """Raise `InputError` naming the time at which a course is below zero."""
    least = course.values.min(axis=1)
    if least.min() < 0:
        msg = f"{where}: its value at {course.times[int(np.argmin(least))]:.6g} day is below 0"
        raise InputError(msg)


def _require_course(times: Array, values: Array, interpolation: str, end: float, name: str) -> None:
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        msg = f"{name}: holds what is no finite number"
        raise InputError(msg)
    falls = np.flatnonzero(np.diff(times) <= 0)
    if falls.size:
        k = int(falls[0])
        msg = f"{name}: its times do not rise: after {times[k]:.6g} comes {times[k + 1]:.6g} day"
        raise InputError(msg)
    if times[0] > 0:
        msg = f"{name}: begins at {times[0]:.6g} day, after the start of the run"
        raise InputError(msg)
    if interpolation != "step" and times[-1] < end:
        msg = f"{name}: ends at {times[-1]:.6g} day, before time.end ({end:.6g} day)"
        raise InputError(msg)
