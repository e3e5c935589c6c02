"""Volumes, areas and centres of a mesh's cells and faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_mesh import CellMesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Distance from a plane, as a share of the extent, that rounding in a file may leave.
_FLAT = 1e-6
# Volume, as a share of the median one, below which a cell is taken for none.
_NO_VOLUME = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Measures:
    """Sizes in as many dimensions d as the mesh has, mm.

    `points` (vertices, d); of faces `areas` (faces, d), the normals out of the first cell times
    the area in mm2, and `face_centres` (faces, d); of cells `volumes` (n,), mm3, and `centres`.
    """

    points: Floats
    areas: Floats
    face_centres: Floats
    volumes: Floats
    centres: Floats


def measure(mesh: CellMesh) -> Measures:
    """Return the sizes of a mesh; faces that are not flat count as triangles about their middle.

    Volumes are sums over faces (theorem of Gauss), so that they and the areas close to round-off.
    Raises `InputError` for a cell without a volume.
    """
    points = mesh.vertices if mesh.thickness is None else in_plane(mesh.vertices)
    corners, held = _corners(points, mesh.faces)
    if mesh.thickness is None:
        areas, centres = _of_polygons(corners, held)
    else:
        along = corners[:, 1] - corners[:, 0]
        areas = np.stack([along[:, 1], -along[:, 0]], axis=1) * mesh.thickness
        centres = corners.mean(axis=1)
    volumes, moments = _from_faces(mesh, points, areas, centres)
    _require_volume(volumes, mesh)
    return Measures(
        points=points,
        areas=areas,
        face_centres=centres,
        volumes=volumes,
        centres=moments / volumes[:, None],
    )


def in_plane(vertices: Floats) -> Floats:
    """Return the coordinates (vertices, 2) in the plane of a flat mesh, mm.

    Those of a mesh in a plane of equal z are its x and y. Raises `InputError` if it is not flat.
    """
    spread = np.ptp(vertices, axis=0)
    if spread[2] <= _FLAT * spread.max():
        return np.ascontiguousarray(vertices[:, :2])
    moved = vertices - vertices.mean(axis=0)
    _, _, axes = np.linalg.svd(moved, full_matrices=False)
    if np.abs(moved @ axes[2]).max() > _FLAT * spread.max():
        msg = (
            "its cells are triangles or quadrilaterals that do not lie in a plane: a surface is no "
            "tissue; mesh what is inside it with tetrahedra"
        )
        raise InputError(msg)
    return np.asarray(moved @ axes[:2].T)


def _corners(points: Floats, faces: Ints) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the corners (faces, most, d) of faces, those that are missing as the first one."""
    held = faces >= 0
    return points[np.where(held, faces, faces[:, :1])], held


def _of_polygons(corners: Floats, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return areas and centres of polygons, cut into triangles about the mean of their corners."""
    middle = (corners * held[..., None]).sum(axis=1) / held.sum(axis=1)[:, None]
    triangles = 0.5 * np.cross(corners - middle[:, None], np.roll(corners, -1, 1) - middle[:, None])
    areas = triangles.sum(axis=1)
    sizes = np.linalg.norm(areas, axis=1)
    _require_area(sizes, corners)
    shares = np.einsum("fkd,fd->fk", triangles, areas / sizes[:, None] ** 2)
    thirds = (corners + np.roll(corners, -1, 1) + middle[:, None]) / 3.0
    return areas, np.einsum("fk,fkd->fd", shares, thirds)


def _require_area(sizes: Floats, corners: Floats) -> None:
    extent = np.ptp(corners, axis=1).max(axis=1)
    bad = ~(sizes > 1e-12 * extent**2)
    if bad.any():
        at = ", ".join(f"{x:.4g}" for x in corners[int(bad.argmax())][0])
        msg = f"{int(bad.sum())} faces have no area, the first near ({at}) mm"
        raise InputError(msg)


def _from_faces(
    mesh: CellMesh, points: Floats, areas: Floats, centres: Floats
) -> tuple[Floats, Floats]:
    """Return volumes and first moments of cells, as pyramids over their faces.

    The apex of the pyramids is the mean of a cell's vertices.
    """
    held = mesh.cells >= 0
    inside = points[np.where(held, mesh.cells, 0)] * held[..., None]
    top = inside.sum(axis=1) / held.sum(axis=1)[:, None]
    dimension = points.shape[1]
    volumes, moments = np.zeros(mesh.size), np.zeros_like(top)
    for side, sign in ((0, 1.0), (1, -1.0)):
        faces = np.flatnonzero(mesh.face_cells[:, side] >= 0)
        cells = mesh.face_cells[faces, side]
        height = centres[faces] - top[cells]
        pyramid = sign * np.einsum("fd,fd->f", areas[faces], height) / dimension
        np.add.at(volumes, cells, pyramid)
        lie = top[cells] + height * dimension / (dimension + 1.0)
        np.add.at(moments, cells, pyramid[:, None] * lie)
    return volumes, moments


def _require_volume(volumes: Floats, mesh: CellMesh) -> None:
    bad = ~(volumes > _NO_VOLUME * np.median(np.abs(volumes)))
    if bad.any():
        cell = int(bad.argmax())
        at = ", ".join(f"{x:.4g}" for x in mesh.vertices[mesh.cells[cell, 0]])
        msg = f"{int(bad.sum())} cells have no volume, the first of them near ({at}) mm"
        raise InputError(msg)
