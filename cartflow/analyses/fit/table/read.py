"""Measurements from a table of either form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.nonmem import is_nonmem, read_nonmem
from cartflow.analyses.fit.table.rows import read_rows
from cartflow.analyses.fit.table.tidy import read_tidy


def read_measurements(table: Any, names: Mapping[str, str] | None = None) -> Measurements:
    """Return the measurements of a file, dictionary or frame, tidy or as NONMEM has it.

    `names` say which observable a DVID or CMT of NONMEM is. Raises `InputError` in one line.
    """
    rows = read_rows(table)
    return read_nonmem(rows, names or {}) if is_nonmem(rows) else read_tidy(rows)
