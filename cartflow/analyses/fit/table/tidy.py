"""A tidy table: one value a row, with subject, time, observable and unit."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from cartflow.analyses.fit.table.measurements import Measurements, checked
from cartflow.analyses.fit.table.rows import Rows, finite
from cartflow.core.outcome import InputError, nearest
from cartflow.core.units.conversion import to_internal

_NEEDED = ("subject", "time", "observable", "value")
KNOWN = (*_NEEDED, "time_unit", "unit", "lloq", "sd", "replicate", "depth")
# What stands for a value that is only known to be below the limit of quantification.
_BELOW = ("blq", "bql", "<lloq", "<loq", "<llq")


def read_tidy(rows: Rows) -> Measurements:
    """Return the measurements of a tidy table. Raises `InputError` naming row and column."""
    for name in _NEEDED:
        if name not in rows.columns:
            msg = f"{rows.source}: column '{name}' is missing; needed are {', '.join(_NEEDED)}"
            raise InputError(msg + nearest(name, rows.columns))
    count = len(rows.numbers)
    units = [_unit(rows, row) for row in range(count)]
    values = [_value(rows, row) for row in range(count)]
    subjects = tuple(_name(rows, row, "subject") for row in range(count))
    extras, changing = further(rows, KNOWN, subjects)
    return checked(
        Measurements(
            source=rows.source,
            subject=subjects,
            time=np.array([_time(rows, row) for row in range(count)]),
            observable=tuple(_name(rows, row, "observable") for row in range(count)),
            value=np.array([value for value, _, _ in values]),
            unit=tuple(units),
            sd=np.array([_positive(rows, row, "sd") for row in range(count)]),
            lloq=np.array([limit for _, limit, _ in values]),
            censored=np.array([below for _, _, below in values]),
            replicate=_texts(rows, "replicate"),
            rows=rows.numbers,
            depth=np.array([_depth(rows, row) for row in range(count)]),
            extras=extras,
            changing=changing,
        )
    )


def _name(rows: Rows, row: int, column: str) -> str:
    text = rows.columns[column].cells[row]
    if not text:
        msg = f"{rows.place(row, column)}: is empty"
        raise InputError(msg)
    return text


def _texts(rows: Rows, column: str) -> tuple[str, ...]:
    found = rows.columns.get(column)
    return ("",) * len(rows.numbers) if found is None else found.cells


def _time(rows: Rows, row: int) -> float:
    value = rows.number(row, "time")
    unit = rows.columns["time"].unit
    if "time_unit" in rows.columns:
        unit = rows.columns["time_unit"].cells[row]
    if not unit:
        msg = f"{rows.place(row, 'time')}: has no unit; call the column 'time [day]', or add one "
        raise InputError(msg + "'time_unit'")
    try:
        return to_internal(f"{value!r} {unit}", "day")
    except InputError as error:
        msg = f"{rows.place(row, 'time')}: {error}"
        raise InputError(msg) from None


def _depth(rows: Rows, row: int) -> float:
    """Return the depth (mm) in a row, nan where it is empty or there is no such column."""
    column = rows.columns.get("depth")
    if column is None or not column.cells[row]:
        return math.nan
    value, where = rows.number(row, "depth"), rows.place(row, "depth")
    if value < 0:
        msg = f"{where}: {value:g} is above the rim, where the depth is 0"
        raise InputError(msg)
    if not column.unit:
        msg = f"{where}: has no unit; call the column 'depth [mm]'"
        raise InputError(msg)
    try:
        return to_internal(f"{value!r} {column.unit}", "mm")
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None


def _unit(rows: Rows, row: int) -> str:
    unit = rows.columns["value"].unit
    if "unit" in rows.columns:
        own = rows.columns["unit"].cells[row]
        if own and unit and own != unit:
            msg = f"{rows.place(row, 'unit')}: '{own}', and the column 'value' is in '{unit}'"
            raise InputError(msg)
        unit = own or unit
    if not unit:
        place = rows.place(row, "unit") if "unit" in rows.columns else f"{rows.source}"
        msg = f"{place}: the value has no unit; write it into a column 'unit', 1 for a plain number"
        raise InputError(msg)
    return unit


def _value(rows: Rows, row: int) -> tuple[float, float, bool]:
    """Return a row's value, its limit of quantification (nan: none), and if it is below that."""
    text = rows.columns["value"].cells[row]
    limit = _positive(rows, row, "lloq")
    place = rows.place(row, "value")
    if text.lower() in _BELOW or not text:
        if math.isnan(limit):
            said = f"'{text}'" if text else "is empty"
            msg = f"{place}: {said}, and there is no limit of quantification in a column 'lloq'"
            raise InputError(msg)
        return math.nan, limit, True
    if text.startswith("<"):
        limit = finite(text[1:].strip(), place)
        if limit <= 0:
            msg = f"{place}: '{text}': a limit of quantification must be greater than 0"
            raise InputError(msg)
        return math.nan, limit, True
    value = finite(text, place)
    below = not math.isnan(limit) and value < limit
    return (math.nan if below else value), limit, below


def _positive(rows: Rows, row: int, column: str) -> float:
    """Return the number in a cell, nan where it is empty or there is no such column."""
    found = rows.columns.get(column)
    if found is None or not found.cells[row]:
        return math.nan
    value = rows.number(row, column)
    if value <= 0:
        msg = f"{rows.place(row, column)}: {found.cells[row]} must be greater than 0"
        raise InputError(msg)
    return value


def further(
    rows: Rows, known: Collection[str], subjects: tuple[str, ...]
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return what columns beside the `known` say of each subject, and which change within one.

    Of these a message says where; it is an error only if the column is to be used.
    """
    found: dict[str, dict[str, str]] = {}
    changing: dict[str, str] = {}
    for name in rows.columns:
        if name not in known:
            try:
                found[name] = _constant(rows, name, subjects)
            except InputError as error:
                changing[name] = str(error)
    return found, changing


def _constant(rows: Rows, column: str, subjects: tuple[str, ...]) -> dict[str, str]:
    """Return what a further column says of each subject, with the unit of its head.

    Raises `InputError` where it says two things of one.
    """
    found: dict[str, str] = {}
    unit = rows.columns[column].unit
    for row, subject in enumerate(subjects):
        text = rows.columns[column].cells[row]
        if not text:
            continue
        text = f"{text} {unit}" if unit and unit != "1" else text
        if found.setdefault(subject, text) != text:
            msg = (
                f"{rows.place(row, column)}: '{text}', and before '{found[subject]}' for the same "
            )
            raise InputError(msg + f"subject '{subject}'; it must be one value a subject")
    return found
