"""Networks in VTK's XML files: lines of PolyData (.vtp) and of unstructured grids (.vtu)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.vessels.files.bounds import (
    MOST_NUMBERS,
    MOST_SEGMENTS,
    content_of,
    require_few,
)
from cartflow.geometries.vessels.files.lines import Lines, pairs_of
from cartflow.geometries.vessels.files.vtk_data import Arrays
from cartflow.geometries.vessels.files.vtk_elements import Element, parsed

# The cells of unstructured grids that are lines: a straight one, and several in a row.
LINE_CELLS = (3, 4)
_KINDS = {"PolyData": "Lines", "UnstructuredGrid": "Cells"}


def read_vtk_xml(path: Path) -> Lines:
    """Return the segments of the lines in one piece of a VTK file, with their values.

    Raises `InputError` for other data sets, for several pieces, and where arrays do not fit.
    """
    root, appended, encoding = parsed(content_of(path))
    kind = root.attributes.get("type", "")
    if kind not in _KINDS:
        msg = f"its type is '{kind[:40]}'; read are {' and '.join(_KINDS)}"
        raise InputError(msg)
    arrays = Arrays.of(root, appended, encoding)
    piece = root.one(kind).one("Piece")
    points = require_few(piece.number("NumberOfPoints"), MOST_NUMBERS // 3, "points")
    places = arrays.read(piece.one("Points").one("DataArray"), 3 * points).reshape(-1, 3)
    grid = kind == "UnstructuredGrid"
    count = piece.number("NumberOfCells" if grid else "NumberOfLines")
    cells = require_few(count, MOST_SEGMENTS, "lines")
    topology = piece.one(_KINDS[kind])
    offsets = np.concatenate([[0], _named(arrays, topology, "offsets", cells)]).astype(np.int64)
    connectivity = _named(arrays, topology, "connectivity", None).astype(np.int64)
    kept: np.ndarray | None = None
    if grid:
        kept = np.isin(_named(arrays, topology, "types", cells), LINE_CELLS)
        chosen = np.flatnonzero(kept)
    else:
        # Values of cells are those of points, lines, faces and strips in a row.
        before = require_few(piece.number("NumberOfVerts"), MOST_SEGMENTS, "vertices")
        chosen = np.arange(before, before + cells)
    return checked(
        points=places.astype(np.float64),
        connectivity=connectivity,
        offsets=offsets,
        kept=kept,
        at_points=_scalars(arrays, piece, "PointData", points, None),
        of_lines=_scalars(arrays, piece, "CellData", _behind(piece, cells, grid), chosen),
        kind=f"VTK XML, {kind}",
    )


def _behind(piece: Element, cells: int, grid: bool) -> int:
    """Return the number of all cells of a piece, of which `cells` are lines unless it is a grid."""
    if grid:
        return cells
    names = ("NumberOfVerts", "NumberOfLines", "NumberOfStrips", "NumberOfPolys")
    return sum(require_few(piece.number(name), MOST_SEGMENTS, "cells") for name in names)


def _named(arrays: Arrays, topology: Element, name: str, count: int | None) -> NDArray[Any]:
    found = [a for a in topology.all("DataArray") if a.attributes.get("Name") == name]
    if len(found) != 1:
        msg = f"{topology.tag} has {len(found)} arrays '{name}'; needed is one"
        raise InputError(msg)
    return arrays.read(found[0], count)


def _scalars(
    arrays: Arrays, piece: Element, tag: str, count: int, chosen: Any
) -> dict[str, NDArray[Any]]:
    """Return the arrays of one number a point or cell, by name."""
    found = {}
    for element in (a for data in piece.all(tag) for a in data.all("DataArray")):
        if element.attributes.get("NumberOfComponents", "1").strip() in ("", "1"):
            values = arrays.read(element, count)
            name = element.attributes.get("Name", "")
            found[name] = values if chosen is None else values[chosen]
    return found


def checked(
    *,
    points: NDArray[np.float64],
    connectivity: NDArray[np.int64],
    offsets: NDArray[np.int64],
    kept: NDArray[np.bool_] | None,
    at_points: dict[str, NDArray[Any]],
    of_lines: dict[str, NDArray[Any]],
    kind: str,
) -> Lines:
    """Return the segments of polylines, of `kept` ones alone. Raises `InputError`."""
    if (np.diff(offsets) < 0).any() or offsets[0] != 0 or offsets[-1] != connectivity.size:
        raise InputError("the offsets of its lines do not fit their connectivity")
    if connectivity.size and not 0 <= connectivity.min() <= connectivity.max() < len(points):
        msg = f"its lines name points that are not there; there are {len(points)}"
        raise InputError(msg)
    pairs, line = pairs_of(connectivity, offsets)
    lines = offsets.size - 1
    if kept is not None:
        inside, lines = kept[line], int(kept.sum())
        pairs, line = pairs[inside], (np.cumsum(kept) - 1)[line[inside]]
    require_few(len(pairs), MOST_SEGMENTS, "segments")
    return Lines(
        points=points,
        pairs=pairs,
        of_line=line,
        lines=lines,
        at_points=at_points,
        of_lines=of_lines,
        kind=kind,
    )
