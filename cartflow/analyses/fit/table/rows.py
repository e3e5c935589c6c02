"""A table of texts: a CSV file, or columns by name from Python; nothing in it is evaluated."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, require_file
from cartflow.core.tables import read_text

_MOST_ROWS, _MOST_COLUMNS, _LONGEST = 100_000, 200, 200
_HEAD = re.compile(r"\s*([^\[\]]+?)\s*(?:\[([^\[\]]*)\])?\s*")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, kw_only=True)
class Column:
    """The cells of a column below its head, ``NAME`` or ``NAME [UNIT]``."""

    name: str
    unit: str
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Columns of equal length by name; `numbers` are those of the rows, as messages count them."""

    source: str
    columns: Mapping[str, Column]
    numbers: tuple[int, ...]

    def place(self, row: int, column: str) -> str:
        """Return where a cell stands, for messages."""
        return f"{self.source}: row {self.numbers[row]}, column '{column}'"

    def number(self, row: int, column: str) -> float:
        """Return the number in a cell. Raises `InputError` naming row and column."""
        text = self.columns[column].cells[row]
        if not text:
            msg = f"{self.place(row, column)}: is empty"
            raise InputError(msg)
        return finite(text, self.place(row, column))


def finite(text: str, place: str) -> float:
    """Return the finite number written in `text`. Raises `InputError` naming `place`."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        msg = f"{place}: {arguments.shown(text)} is not a finite number"
        raise InputError(msg)
    return value


def read_rows(table: Any) -> Rows:
    """Return the rows of a CSV file, a dictionary, a pandas frame or an xarray dataset.

    Empty lines and those that begin with # are left out; rows are counted from 1 below the head.
    Raises `InputError`.
    """
    if isinstance(table, (str, Path)):
        return _from_file(as_path(table, "data"))
    if hasattr(table, "data_vars"):
        table = {name: table[name].values for name in table.variables if table[name].ndim == 1}
    if not isinstance(table, Mapping) and not hasattr(table, "columns"):
        msg = f"data: got {arguments.shown(table)}; it must be a file, or columns by name"
        raise InputError(msg)
    columns = {}
    for name in table:
        values = table[name]
        cells = values.tolist() if hasattr(values, "tolist") else list(values)
        columns[arguments.text(name, "data: column")] = [_as_text(cell) for cell in cells]
    return _rows(list(columns), list(columns.values()), "data")


def _from_file(path: Path) -> Rows:
    text = read_text(require_file(path))
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
                found.append([cell.strip() for cell in row])
            if len(found) > _MOST_ROWS + 1:
                msg = f"{path}: has more than {_MOST_ROWS} rows"
                raise InputError(msg)
    except csv.Error as error:
        msg = f"{path}: line {reader.line_num} is no CSV ({error})"
        raise InputError(msg) from None
    if len(found) < 2:
        msg = f"{path}: holds no rows below a row of names"
        raise InputError(msg)
    head, body = found[0], found[1:]
    if len(head) == 1 and any(mark in head[0] for mark in ";\t"):
        msg = f"{path}: its columns are not parted by commas"
        raise InputError(msg)
    for number, row in enumerate(body, start=1):
        if len(row) != len(head):
            msg = f"{path}: row {number} has {len(row)} cells, and the head has {len(head)}"
            raise InputError(msg)
    return _rows(head, [list(cells) for cells in zip(*body, strict=True)], str(path))


def _rows(head: list[str], columns: list[list[str]], source: str) -> Rows:
    if not 0 < len(head) <= _MOST_COLUMNS:
        msg = f"{source}: has {len(head)} columns; 1 to {_MOST_COLUMNS} are possible"
        raise InputError(msg)
    found: dict[str, Column] = {}
    for text, cells in zip(head, columns, strict=True):
        match = _HEAD.fullmatch(text)
        if match is None or len(text) > _LONGEST or not text.isprintable():
            msg = f"{source}: {arguments.shown(text)} is no head; written is NAME or NAME [UNIT]"
            raise InputError(msg)
        if match[1] in found:
            msg = f"{source}: two columns are called '{match[1]}'"
            raise InputError(msg)
        unit = "" if match[2] is None else match[2].strip()
        found[match[1]] = Column(name=match[1], unit=unit, cells=tuple(cells))
    lengths = {len(column.cells) for column in found.values()}
    if len(lengths) > 1 or 0 in lengths or max(lengths) > _MOST_ROWS:
        msg = f"{source}: columns must have equally many rows, 1 to {_MOST_ROWS}"
        raise InputError(msg)
    rows = Rows(source=source, columns=found, numbers=tuple(range(1, lengths.pop() + 1)))
    for column in found.values():
        for row, cell in enumerate(column.cells):
            if len(cell) > _LONGEST or not cell.isprintable():
                msg = f"{rows.place(row, column.name)}: {arguments.shown(cell)} is no value"
                raise InputError(msg)
    return rows


def _as_text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell).strip()
    # NumPy's numbers say what they are in their own repr.
    return repr(float(cell)) if isinstance(cell, float) else repr(int(cell))
