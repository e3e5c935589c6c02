"""Members from a table: one row each, in a CSV file, a dictionary, a frame or a dataset."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cartflow.analyses.sweep.axes import Axis
from cartflow.analyses.sweep.choices import MOST_VALUES, Choice, choice, of_numbers
from cartflow.analyses.sweep.grammar import read_key
from cartflow.analyses.sweep.plan import MOST_MEMBERS
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, kind_of
from cartflow.core.units.quantities import split

_LARGEST = 100_000_000  # bytes
_MOST_COLUMNS = 1000
_LONGEST_CELL = 200
_HEAD = re.compile(r"\s*([^\[\]]+?)\s*(?:\[([^\[\]]*)\])?\s*")


def read_table(table: Any) -> Axis:
    """Return the members of a CSV file, or of columns by key: an axis that varies all of them.

    A column's head is a key, or ``KEY [UNIT]``; its cells are numbers, texts with a unit, or
    names. Nothing is evaluated. Raises `InputError` naming row (from 1, below the head) and column.
    """
    if isinstance(table, (str, Path)):
        return _from_file(as_path(table, "--table"))
    if hasattr(table, "data_vars"):  # an xarray dataset, whose coordinates are no columns
        table = {name: table[name].values for name in table.data_vars}
    if not isinstance(table, Mapping) and not hasattr(table, "columns"):
        msg = f"table: got {arguments.shown(table)}; it must be a file, or columns by key"
        raise InputError(msg)
    columns = {}
    for name in table:
        values = table[name]
        columns[str(name)] = values.tolist() if hasattr(values, "tolist") else list(values)
    return _axis({**columns}, "table")


def _from_file(path: Path) -> Axis:
    what = f"{path}"
    rows = _rows(_text(path), what)
    if not rows:
        msg = f"{what}: is empty; the first line has the keys"
        raise InputError(msg)
    head, *body = rows
    if len(head) > _MOST_COLUMNS:
        msg = f"{what}: has {len(head)} columns; at most {_MOST_COLUMNS} are possible"
        raise InputError(msg)
    if len({name.strip() for name in head}) < len(head):
        msg = f"{what}: two columns have one name"
        raise InputError(msg)
    for number, row in enumerate(body, start=1):
        if len(row) != len(head):
            msg = f"{what}: row {number} has {len(row)} cells, and the head has {len(head)}"
            raise InputError(msg)
    return _axis({name: [row[place] for row in body] for place, name in enumerate(head)}, what)


def _text(path: Path) -> str:
    kind = kind_of(path)
    if kind != "file":
        msg = f"{path}: {'there is no such file' if kind == 'nothing' else f'is a {kind}'}"
        raise InputError(msg)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            msg = f"{path}: has more than {_LARGEST // 1_000_000} MB"
            raise InputError(msg)
        return raw.decode("utf-8-sig")
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise InputError(msg) from None
    except ValueError as error:
        msg = f"{path}: not a text file ({error})"
        raise InputError(msg) from None


def _rows(text: str, what: str) -> list[list[str]]:
    """Return the rows of cells; empty lines and those that begin with # are left out."""
    found = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            found.append(row)
            if len(found) > MOST_MEMBERS + 1:
                msg = f"{what}: has more than {MOST_MEMBERS} rows"
                raise InputError(msg)
    except csv.Error as error:
        msg = f"{what}: line {reader.line_num} is no CSV ({error})"
        raise InputError(msg) from None
    return found


def _axis(columns: dict[str, list[Any]], what: str) -> Axis:
    if not columns:
        msg = f"{what}: has no column"
        raise InputError(msg)
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        msg = f"{what}: the columns differ in length: {told}"
        raise InputError(msg)
    if not 0 < next(iter(lengths.values())) <= MOST_MEMBERS:
        msg = f"{what}: has {next(iter(lengths.values()))} rows; 1 to {MOST_MEMBERS} are possible"
        raise InputError(msg)
    return Axis(name="", choices=tuple(_column(n, v, what) for n, v in columns.items()))


def _column(head: str, cells: list[Any], what: str) -> Choice:
    found = _HEAD.fullmatch(head)
    if found is None or len(head) > 2 * _LONGEST_CELL:
        msg = f"{what}: {arguments.shown(head)} is no head; written is KEY or KEY [UNIT]"
        raise InputError(msg)
    key, unit = read_key(found[1], what), found[2]
    read = [_cell(cell, f"{what}: row {row}, column {key}") for row, cell in enumerate(cells, 1)]
    if unit is None and not any(isinstance(value, tuple) for value in read):
        return _of_names(key, read, what)
    wanted = _unit(read) if unit is None else unit.strip()
    numbers = [
        _number(value, wanted, unit is not None, f"{what}: row {row}, column {key}")
        for row, value in enumerate(read, 1)
    ]
    return of_numbers(key, numbers, wanted, f"{what}: column {key}")


def _unit(read: list[Any]) -> str:
    """Return the unit of the first number."""
    return next(str(value[1]) for value in read if isinstance(value, tuple))


def _number(value: Any, wanted: str, in_head: bool, place: str) -> float:
    if not isinstance(value, tuple):
        msg = f"{place}: {arguments.shown(value)} is no number"
        raise InputError(msg)
    number, own = value
    if own != wanted and not (in_head and own == "1"):
        msg = f"{place}: has the unit {own}, and the column {wanted}"
        raise InputError(msg)
    if not math.isfinite(number):
        msg = f"{place}: {number} is not a finite number"
        raise InputError(msg)
    return float(number)


def _of_names(key: str, values: list[Any], what: str) -> Choice:
    """Return the choice of names, which may be more than along an axis that is written out."""
    parts = [
        choice(key, values[first : first + MOST_VALUES], f"{what}: column {key}")
        for first in range(0, len(values), MOST_VALUES)
    ]
    settings = tuple(value for part in parts for value in part.settings)
    return Choice(key=key, settings=settings, numbers=None, unit="")


def _cell(cell: Any, place: str) -> Any:
    """Return (number, unit) of what is a number, else the cell's text, true or false."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, (int, float)):
        return float(cell), "1"
    text = arguments.text(cell, place).strip()
    if not text:
        msg = f"{place}: is empty"
        raise InputError(msg)
    if len(text) > _LONGEST_CELL or not text.isprintable():
        msg = f"{place}: {arguments.shown(text)} is no value"
        raise InputError(msg)
    try:
        return split(text)
    except InputError:
        return text
