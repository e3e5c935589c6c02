"""A table as NONMEM has it: ID, TIME, DV, AMT, EVID, CMT, MDV, BLQ, LLOQ, RATE, TINF, UNIT, C."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cartflow.analyses.fit.table.measurements import Measurements, checked
from cartflow.analyses.fit.table.rows import Column, Rows
from cartflow.analyses.fit.table.tidy import further
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal

_NEEDED = ("ID", "TIME", "DV")
_KNOWN = (*_NEEDED, "AMT", "EVID", "CMT", "DVID", "MDV", "BLQ", "LLOQ", "RATE", "TINF", "UNIT", "C")
# Steady state and repeated doses would change what was given, so silence would be wrong.
_REFUSED = ("SS", "II", "ADDL")
_EXAMPLES = {"TIME": "h", "DV": "cell/uL", "AMT": "cell"}
_LEFT_OUT = "-"


def is_nonmem(rows: Rows) -> bool:
    """Return whether a table's columns are those of NONMEM."""
    return all(name in {each.upper() for each in rows.columns} for name in _NEEDED)


def read_nonmem(rows: Rows, observables: Mapping[str, str]) -> Measurements:
    """Return the measurements and doses of a table as NONMEM has it.

    Units stand in the heads: ``TIME [h]``, ``DV [ng/mL]``, ``AMT [mg]``; those of values also in
    a column UNIT. `observables` name what a value of DVID (or CMT) is; without them it is its own
    name, ``DV`` if there is neither; what is called ``-`` is left out, and so are rows with ``C``
    in a column C. EVID 0 is a measurement, 1 a dose, 2 neither; 3 and 4 are refused. Raises
    `InputError`.
    """
    rows = _kept(_upper(rows))
    _require_units(rows)
    hours = rows.columns["TIME"].unit
    kinds = [_event(rows, row) for row in range(len(rows.numbers))]
    subjects = tuple(rows.columns["ID"].cells)
    names = [_observable(rows, row, observables) for row in range(len(kinds))]
    taken = [row for row, kind in enumerate(kinds) if kind == 0 and names[row] != _LEFT_OUT]
    if not taken:
        msg = f"{rows.source}: has no measurement (EVID 0, MDV 0)"
        raise InputError(msg)
    times = [_days(rows, row, "TIME", hours) for row in range(len(kinds))]
    limits = [_optional(rows, row, "LLOQ") for row in range(len(kinds))]
    below = [_optional(rows, row, "BLQ") == 1.0 for row in range(len(kinds))]
    for row in taken:
        if below[row] and math.isnan(limits[row]):
            limits[row] = rows.number(row, "DV")
    values = [math.nan if below[row] else rows.number(row, "DV") for row in taken]
    low = [below[r] or v < limits[r] for r, v in zip(taken, values, strict=True)]
    extras, changing = further(rows, _KNOWN, subjects)
    return checked(
        Measurements(
            source=rows.source,
            subject=tuple(subjects[row] for row in taken),
            time=np.array([times[row] for row in taken]),
            observable=tuple(names[row] for row in taken),
            value=np.where(low, np.nan, values),
            unit=tuple(_unit_of_value(rows, row) for row in taken),
            sd=np.full(len(taken), np.nan),
            lloq=np.array([limits[row] for row in taken]),
            censored=np.array(low),
            replicate=("",) * len(taken),
            rows=tuple(rows.numbers[row] for row in taken),
            depth=np.full(len(taken), np.nan),
            doses=tuple(
                _dose(rows, row, subjects[row], times[row], hours)
                for row, kind in enumerate(kinds)
                if kind == 1
            ),
            extras=extras,
            changing=changing,
        )
    )


def _upper(rows: Rows) -> Rows:
    columns: dict[str, Column] = {}
    for column in rows.columns.values():
        name = column.name.upper() if column.name.upper() in (*_KNOWN, *_REFUSED) else column.name
        if name in _REFUSED and any(cell not in ("", ".", "0") for cell in column.cells):
            msg = f"{rows.source}: column '{name}': steady state and repeated doses are not read; "
            raise InputError(msg + "write each dose in a row of its own")
        if name not in _REFUSED:
            columns[name] = column
    return Rows(source=rows.source, columns=columns, numbers=rows.numbers)


def _kept(rows: Rows) -> Rows:
    """Return the rows without those that are marked as comments, as IGNORE=C leaves them out."""
    marks = rows.columns.get("C")
    if marks is None:
        return rows
    for row, mark in enumerate(marks.cells):
        if mark not in ("", ".", "0", "C", "c"):
            msg = f"{rows.place(row, 'C')}: '{mark}'; rows to be left out have C there, others . "
            raise InputError(msg + "or nothing")
    left = [row for row, mark in enumerate(marks.cells) if mark not in ("C", "c")]
    columns = {
        name: replace(each, cells=tuple(each.cells[row] for row in left))
        for name, each in rows.columns.items()
    }
    numbers = tuple(rows.numbers[row] for row in left)
    return Rows(source=rows.source, columns=columns, numbers=numbers)


def _require_units(rows: Rows) -> None:
    """Raise `InputError` naming all heads that lack a unit."""
    given = "UNIT" in rows.columns
    lacking = [
        name
        for name in _EXAMPLES
        if name in rows.columns and not rows.columns[name].unit and not (name == "DV" and given)
    ]
    if lacking:
        several = "columns" if len(lacking) > 1 else "column"
        verb = "have" if len(lacking) > 1 else "has"
        names = ", ".join(f"'{name}'" for name in lacking)
        heads = ", ".join(f"'{name} [{_EXAMPLES[name]}]'" for name in lacking)
        msg = f"{rows.source}: {several} {names} {verb} no unit; write such as {heads} in the head"
        raise InputError(msg)


def _unit_of_value(rows: Rows, row: int) -> str:
    """Return the unit of a value, of its own in a column UNIT or that of all."""
    whole, column = rows.columns["DV"].unit, rows.columns.get("UNIT")
    own = "" if column is None or column.cells[row] == "." else column.cells[row]
    if own and whole and own != whole:
        msg = f"{rows.place(row, 'UNIT')}: '{own}', and the column 'DV' is in '{whole}'"
        raise InputError(msg)
    if not (own or whole):
        msg = f"{rows.place(row, 'UNIT')}: the value has no unit"
        raise InputError(msg)
    return own or whole


def _event(rows: Rows, row: int) -> int:
    kind = _optional(rows, row, "EVID")
    amount = _optional(rows, row, "AMT")
    if math.isnan(kind):
        kind = 1.0 if amount > 0 else 0.0
    if kind not in (0.0, 1.0, 2.0):
        msg = f"{rows.place(row, 'EVID')}: {kind:g}; read are 0 (value), 1 (dose) and 2 (other)"
        raise InputError(msg)
    missing = _optional(rows, row, "MDV") == 1.0
    return 2 if kind == 0 and missing else int(kind)


def _optional(rows: Rows, row: int, column: str) -> float:
    found = rows.columns.get(column)
    if found is None or found.cells[row] in ("", "."):
        return math.nan
    return rows.number(row, column)


def _days(rows: Rows, row: int, column: str, unit: str) -> float:
    try:
        return to_internal(f"{rows.number(row, column)!r} {unit}", "day")
    except InputError as error:
        msg = f"{rows.place(row, column)}: {error}"
        raise InputError(msg) from None


def _observable(rows: Rows, row: int, names: Mapping[str, str]) -> str:
    for column in ("DVID", "CMT"):
        if column in rows.columns:
            text = rows.columns[column].cells[row]
            return names.get(text, f"{column}{text}")
    return names.get("DV", "DV")


def _dose(
    rows: Rows, row: int, subject: str, time: float, unit: str
) -> tuple[str, float, str, float]:
    if "AMT" not in rows.columns:
        msg = f"{rows.place(row, 'EVID')}: a dose, and there is no column 'AMT'"
        raise InputError(msg)
    amount, unit_of_amount = rows.number(row, "AMT"), rows.columns["AMT"].unit
    duration = _optional(rows, row, "TINF")
    rate = _optional(rows, row, "RATE")
    if rate < 0:
        msg = f"{rows.place(row, 'RATE')}: {rate:g}: rates that the model sets are not read"
        raise InputError(msg)
    if rate > 0:
        duration = amount / rate
    days = 0.0 if math.isnan(duration) else to_internal(f"{duration!r} {unit}", "day")
    return subject, time, f"{amount!r} {unit_of_amount}", days
