"""Meshes of other programs through meshio, which the extra ``meshes`` installs."""

from __future__ import annotations

import contextlib
import importlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_kinds import HEXAHEDRON, PYRAMID, QUAD, TETRA, TRIANGLE, WEDGE
from cartflow.geometries.meshes.files.blocks import LINE, MOST_GROUPS, Block, FileMesh

_LARGEST = 2**31  # bytes
# Formats that stand in one file; others may name files elsewhere.
ENDINGS = (".vtu", ".vtk", ".mesh", ".inp")
_KINDS = {
    "line": (LINE, 2),
    "triangle": (TRIANGLE, 3),
    "quad": (QUAD, 4),
    "tetra": (TETRA, 4),
    "hexahedron": (HEXAHEDRON, 8),
    "wedge": (WEDGE, 6),
    "pyramid": (PYRAMID, 5),
}
# What a file might use to grow or to read what is elsewhere.
_REACHING = (b"<!DOCTYPE", b"<!ENTITY", b"*INCLUDE")


def read_other(path: Path) -> FileMesh:
    """Return what a file of VTK, Medit or Abaqus holds.

    Named sets of cells are groups; so is each value of whole numbers in cells, `region_3` of an
    array `region`. Raises `InputError`.
    """
    if path.stat().st_size > _LARGEST:
        msg = f"it has {path.stat().st_size} bytes; at most {_LARGEST} are read"
        raise InputError(msg)
    content = path.read_bytes().upper()
    for word in _REACHING:
        if word in content:
            msg = f"it contains {word.decode()}, which is not read"
            raise InputError(msg)
    del content
    found = _through_meshio(path)
    points = np.asarray(found.points, dtype=float)
    points = np.pad(points, ((0, 0), (0, 3 - points.shape[1])))
    blocks, left = [], []
    for number, cells in enumerate(found.cells):
        kind = _KINDS.get(cells.type.rstrip("0123456789"))
        if kind is None or cells.data.ndim != 2 or cells.data.shape[1] < kind[1]:
            if cells.type != "vertex":
                left.append(cells.type)
            continue
        corners = np.asarray(cells.data[:, : kind[1]], dtype=np.int64)
        blocks += _in_groups(kind[0], corners, _groups(found, number))
    notes = (f"cells of the type {', '.join(sorted(set(left)))} are left out",) if left else ()
    return FileMesh(points=points, blocks=blocks, notes=notes)


def _through_meshio(path: Path) -> Any:
    try:
        meshio = importlib.import_module("meshio")
    except ImportError:
        msg = f"{path.suffix} files need the extra: pip install 'cartflow[meshes]'"
        raise InputError(msg) from None
    try:
        # It speaks to the terminal, and leaves the interpreter where it does not like a file.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return meshio.read(path)
    except SystemExit as left:
        msg = f"it cannot be read as a mesh ({left.code or 'meshio gives up'})"
        raise InputError(msg) from None


def _groups(found: Any, number: int) -> list[tuple[str, NDArray[np.int64]]]:
    """Return the groups of the cells of a block: names, and which cells."""
    groups = []
    for name, each in found.cell_sets.items():
        inside = each[number] if number < len(each) else None
        if inside is not None and len(inside):
            groups.append((str(name), np.asarray(inside, dtype=np.int64)))
    for name, each in found.cell_data.items():
        values = np.asarray(each[number])
        if values.ndim == 1 and values.dtype.kind in "iu":
            short = str(name).split(":")[-1]
            found_values = np.unique(values)
            # More are numbers of cells or the like.
            if found_values.size <= MOST_GROUPS:
                groups += [(f"{short}_{v}", np.flatnonzero(values == v)) for v in found_values]
    return groups


def _in_groups(
    kind: int, cells: NDArray[np.int64], groups: list[tuple[str, NDArray[np.int64]]]
) -> list[Block]:
    """Return the cells, and once more for every group those in it."""
    parts = [Block(kind=kind, cells=cells)]
    return parts + [Block(kind=kind, cells=cells[at], groups=(name,)) for name, at in groups]
