"""A `CellMesh` from vertices and cells, in whatever order these were listed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_kinds import KINDS
from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.meshes.faces import faces_of
from cartflow.geometries.meshes.measures import in_plane

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def cell_mesh(
    vertices: Floats, cells: Ints, kinds: Ints, thickness: float | None = None
) -> CellMesh:
    """Return the mesh of cells (see `CellMesh`), turned so that their volumes are positive.

    Vertices that no cell has are left out. Raises `InputError` for vertices that are not there or
    not finite, and for overlaps.
    """
    held = cells >= 0
    if (cells >= len(vertices)).any():
        raise InputError("a cell has a vertex that is not in the file")
    used, inverse = np.unique(cells[held], return_inverse=True)
    kept = np.ascontiguousarray(vertices[used], dtype=float)
    if not np.isfinite(kept).all():
        raise InputError("a vertex has a coordinate that is not finite")
    numbered = np.full(cells.shape, -1)
    numbered[held] = inverse
    points = kept if thickness is None else in_plane(kept)
    turned = _outwards(points, numbered, kinds)
    faces, face_cells = faces_of(turned, kinds)
    return CellMesh(
        vertices=kept,
        cells=turned,
        kinds=kinds,
        faces=faces,
        face_cells=face_cells,
        thickness=thickness,
    )


def _outwards(points: Floats, cells: Ints, kinds: Ints) -> Ints:
    """Return the cells with those mirrored whose faces look inwards."""
    found = cells.copy()
    for number in np.unique(kinds):
        kind = KINDS[int(number)]
        own = np.flatnonzero(kinds == number)
        corners = points[cells[own][:, : kind.vertices]]
        inside = own[_signed(corners, kind.faces) < 0.0]
        found[inside, : kind.vertices] = cells[inside][:, list(kind.mirrored)]
    return found


def _signed(corners: Floats, faces: tuple[tuple[int, ...], ...]) -> Floats:
    """Return the volume (or area) of cells from `corners` (n, vertices, d), times d!."""
    about = corners - corners.mean(axis=1, keepdims=True)
    total = np.zeros(len(corners))
    for face in faces:
        around = about[:, list(face)]
        if around.shape[-1] == 2:
            total += _cross(around[:, 0], around[:, 1])
            continue
        middle = around.mean(axis=1)
        for i in range(len(face)):
            pair = np.cross(around[:, i], around[:, (i + 1) % len(face)])
            total += np.einsum("nd,nd->n", middle, pair)
    return total


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
