"""Columns of numbers in a CSV file: never evaluated, bounded, and refused by row and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.tables import read_text

Array = np.ndarray
_MOST_ROWS = 100_000
_MOST_COLUMNS = 1_000
_SHOWN = 40


def read_columns(path: Path, names: Sequence[str]) -> Array:
    """Return the columns `names` of a CSV file, (rows, names).

    The first line that is no comment (``#``) names the columns, which commas part. Raises
    `InputError` naming file, row and column.
    """
    lines = enumerate(read_text(path).split("\n"), start=1)
    rows = [(number, line) for number, line in lines if line.strip() and line.strip()[0] != "#"]
    if len(rows) < 2:
        msg = f"{path}: holds no rows of numbers below a row of names"
        raise InputError(msg)
    if len(rows) > _MOST_ROWS:
        msg = f"{path}: has more than {_MOST_ROWS} rows"
        raise InputError(msg)
    found = _parsed(path, *rows[0])
    header = [name.strip() for name in found]
    if len(header) > _MOST_COLUMNS:
        msg = f"{path}: has more than {_MOST_COLUMNS} columns"
        raise InputError(msg)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        msg = f"{path}: its columns are not parted by commas"
        raise InputError(msg)
    for name in names:
        require_known(name, header, f"{path}: column")
        if header.count(name) > 1:
            msg = f"{path}: has two columns '{name}'"
            raise InputError(msg)
    places = [header.index(name) for name in names]
    return np.array([_row(path, *row, places, header) for row in rows[1:]])


def _row(
    path: Path, number: int, line: str, places: Sequence[int], header: list[str]
) -> list[float]:
    fields = _parsed(path, number, line)
    if len(fields) != len(header):
        msg = f"{path}: row {number} has {len(fields)} columns, the first {len(header)}"
        raise InputError(msg)
    return [_number(path, number, header[place], fields[place]) for place in places]


def _number(path: Path, row: int, column: str, text: str) -> float:
    where = f"{path}: row {row}, column '{column}'"
    try:
        value = float(text.strip().replace("_", "?"))
    except ValueError:
        msg = f"{where}: '{text.strip()[:_SHOWN]}' is not a number"
        raise InputError(msg) from None
    if not math.isfinite(value):
        msg = f"{where}: '{text.strip()[:_SHOWN]}' is not a finite number"
        raise InputError(msg)
    return value


def _parsed(path: Path, number: int, line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        msg = f"{path}: row {number}: {error}"
        raise InputError(msg) from None
