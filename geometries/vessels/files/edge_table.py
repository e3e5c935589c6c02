"""Tables of segments: a row each, with the places of its two ends."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.core.units.dimensions import internal_unit
from cartflow.geometries.vessels.files.bounds import MOST_SEGMENTS, require_few, text_of
from cartflow.geometries.vessels.files.lines import Lines

_PLACES = ("x1", "y1", "z1", "x2", "y2", "z2")
_LENGTHS = {*_PLACES, "r1", "r2", "radius", "diameter", "length"}
# Such as "x1_um", "x1 (um)" or "x1 [um]".
_TITLE = re.compile(r"\s*(\w+?)\s*(?:_(um|µm|mm|cm|m|nm)|[\[(]\s*([^\])]+?)\s*[\])])?\s*")
_SEPARATORS = ",;\t"


def read_edge_table(path: Path) -> Lines:
    """Return the segments in a table with the columns x1, y1, z1, x2, y2, z2.

    Beside them may stand r1 and r2, or radius or diameter, and length and flow; other columns are
    values that may be named. Units of lengths stand in the titles (``x1_um``, ``x1 [um]``), the
    same in all, or nowhere. Raises `InputError`.
    """
    rows = _rows(text_of(path))
    titles, unit = _titles(rows[0] if rows else [])
    require_few(len(rows) - 1, MOST_SEGMENTS, "rows")
    columns = _columns(rows[1:], titles)
    ends = np.stack([columns.pop(name) for name in _PLACES], axis=1)
    size = len(ends)
    at_points = {}
    if "r1" in columns and "r2" in columns:
        both = np.stack([columns.pop("r1"), columns.pop("r2")], axis=1)
        at_points["radius"] = both.ravel()
    return Lines(
        points=ends.reshape(-1, 3),
        pairs=np.arange(2 * size).reshape(-1, 2),
        of_line=np.arange(size),
        lines=size,
        unit=unit,
        at_points=at_points,
        of_lines=columns,
        kind="table of edges",
    )


def _rows(text: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        return [row for row in csv.reader(text.splitlines(), delimiter=separator) if row]
    except csv.Error as error:
        msg = f"it is no table ({error})"
        raise InputError(msg) from None


def _titles(row: list[str]) -> tuple[list[str], str | None]:
    """Return the columns' names without units, and the unit of lengths that they state."""
    names, units = [], set()
    for title in row:
        found = _TITLE.fullmatch(title)
        name = (found[1] if found else title).strip().lower()
        if found and name in _LENGTHS:
            units.add(found[2] or found[3])
        names.append(name)
    lacking = [name for name in _PLACES if name not in names]
    if lacking:
        msg = f"there is no column {lacking[0]}; needed are {', '.join(_PLACES)}"
        raise InputError(msg)
    if len(set(names)) < len(names):
        raise InputError("two columns have the same name")
    if len(units) > 1:
        msg = f"its columns are in {', '.join(sorted(str(u) for u in units))}; needed is one unit"
        raise InputError(msg)
    unit = units.pop()
    if unit is not None and internal_unit(unit) != "mm":
        msg = f"'{unit}' is no unit of length"
        raise InputError(msg)
    return names, unit


def _columns(rows: list[list[str]], names: list[str]) -> dict[str, NDArray[np.float64]]:
    """Return the columns of numbers by name; others are left out, unless lengths stand there."""
    for place, row in enumerate(rows, 2):
        if len(row) != len(names):
            msg = f"line {place} has {len(row)} values; the first has {len(names)} names"
            raise InputError(msg)
    columns = {}
    for name, texts in zip(names, zip(*rows, strict=True), strict=rows != []):
        try:
            columns[name] = np.array([float(text) for text in texts])
        except ValueError as error:
            if name in _LENGTHS or name == "flow":
                msg = f"column {name}: {error}"
                raise InputError(msg) from None
    return columns if rows else {name: np.empty(0) for name in names}
