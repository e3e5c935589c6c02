"""Numbers of a study that are courses: taken out of its tables, and held piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.core.tables import validate
from cartflow.core.units.dimensions import internal_unit
from cartflow.study.courses.course import Course, read_course
from cartflow.study.tables.courses import CourseTable

Array = np.ndarray
# A line is cut where it moves by this share of the course's largest value, into so many at most.
_SHARE = 0.01
_MOST = 1_000
_BLOOD = "tumour.blood"


@dataclass(frozen=True, kw_only=True, eq=False)
class NumberCourse:
    """The course of the number at `key`, in `unit`."""

    key: str
    unit: str
    course: Course

    def pieces(self) -> tuple[Array, Array]:
        """Return the times (days) from which on the number has which value.

        A line is cut into pieces, each at its mean, so that the integral over time is exact.
        """
        times, values, slopes = self.course.lines()
        line, rise, ends = values[:, 0], slopes[:, 0], np.append(times[1:], times[-1])
        moved = np.abs(rise) * (ends - times)
        share = max(_SHARE * float(np.abs(line).max()), float(moved.sum()) / _MOST)
        counts = np.ones(times.size, dtype=int)
        if share > 0:
            counts = np.maximum(np.ceil(moved / share - 1e-9), 1).astype(int)
        widths = (ends - times) / counts
        steps = np.concatenate([np.arange(count) for count in counts])
        starts = np.repeat(times, counts) + steps * np.repeat(widths, counts)
        middles = (steps + 0.5) * np.repeat(widths, counts)
        return starts, np.repeat(line, counts) + np.repeat(rise, counts) * middles

    def first(self) -> str:
        """Return the value at the start, as a study states it."""
        starts, values = self.pieces()
        place = max(int(np.searchsorted(starts, 0.0, side="right")) - 1, 0)
        return f"{float(values[place])!r} {self.unit}"


def without_courses(
    data: Mapping[str, Any], folder: Path, file: str
) -> tuple[dict[str, Any], tuple[NumberCourse, ...]]:
    """Return the tables of a study with the first value in place of each course, and the courses.

    The blood of a tumour is a table of its own. Raises `InputError`.
    """
    found: list[NumberCourse] = []
    end = _end(data)
    return _replaced(data, "", found, (folder, file, end)), tuple(found)


def _replaced(
    table: Mapping[str, Any], prefix: str, found: list[NumberCourse], at: tuple[Path, str, float]
) -> dict[str, Any]:
    result = {}
    for name, item in table.items():
        key = f"{prefix}{name}"
        result[name] = item
        if isinstance(item, Mapping) and key not in (_BLOOD, "events"):
            if "course" in item:
                found.append(_course(item, key, at))
                result[name] = found[-1].first()
            else:
                result[name] = _replaced(item, f"{key}.", found, at)
    return result


def _course(item: Mapping[str, Any], key: str, at: tuple[Path, str, float]) -> NumberCourse:
    folder, file, end = at
    where = f"{file}: {key}"
    table = validate(CourseTable, dict(item), where)
    if isinstance(table.course, str) and not isinstance(table.value, str):
        msg = f"{where}: key 'value' is missing; it names the column of values"
        raise InputError(msg)
    unit = table.unit or str(getattr(table.course, "attrs", {}).get("units", ""))
    if not unit:
        msg = f"{where}: key 'unit' is missing; it is that of the values"
        raise InputError(msg)
    column = table.value if isinstance(table.value, str) else ""
    try:
        unit = internal_unit(unit)
        course = read_course(table, [column], unit, folder, end, where)
    except InputError as error:
        msg = str(error) if str(error).startswith(where) else f"{where}: {error}"
        raise InputError(msg) from None
    return NumberCourse(key=key, unit=unit, course=course)


def _end(data: Mapping[str, Any]) -> float:
    """Return the end of the run (days), as far as it is stated so that it can be read."""
    time = data.get("time")
    try:
        return parameter(time["end"], "day").value if isinstance(time, Mapping) else 0.0
    except (InputError, KeyError):
        return 0.0  # which is refused where the tables are read
