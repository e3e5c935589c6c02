"""A mesh of cells as FiPy's, with exact sizes and distances along the normals of faces.

FiPy takes the mean of a cell's face centres for its centre, that of vertices for a face's, and
the length between centres for the distance over which a difference is taken. This module
imports FiPy; import it only where a mesh is built.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.connectivity import Connectivity
from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.meshes.measures import Measures

_meshes = f"{fipy().__name__}.meshes"
_Mesh: Any = importlib.import_module(f"{_meshes}.mesh").Mesh
_Mesh2D: Any = importlib.import_module(f"{_meshes}.mesh2D").Mesh2D


def fipy_mesh(mesh: CellMesh, sizes: Measures, faces: Connectivity) -> Any:
    """Return FiPy's mesh, whose interior faces have the owners and distances of `faces`."""
    sides = mesh.face_cells.copy()
    sides[faces.faces] = np.stack([faces.owner, faces.neighbour], axis=1)
    turned = sides[:, 0] != mesh.face_cells[:, 0]
    areas = np.linalg.norm(sizes.areas, axis=1)
    normals = np.where(turned, -1.0, 1.0)[:, None] * sizes.areas / areas[:, None]
    from_owner = np.einsum("fd,fd->f", sizes.face_centres - sizes.centres[sides[:, 0]], normals)
    to_neighbour = np.zeros_like(from_owner)
    from_owner[faces.faces] = faces.owner_distance
    to_neighbour[faces.faces] = faces.neighbour_distance
    given = _Given(sides, areas, normals, np.stack([from_owner, to_neighbour]), sizes)
    base = _Mesh if mesh.thickness is None else _Mesh2D
    return _of_sizes(base)(given, mesh)


class _Given:
    """What FiPy would work out for itself."""

    def __init__(
        self,
        sides: NDArray[np.int64],
        areas: NDArray[np.float64],
        normals: NDArray[np.float64],
        distances: NDArray[np.float64],
        sizes: Measures,
    ) -> None:
        self.sides = np.ma.masked_less(sides.T, 0)
        self.areas, self.normals, self.sizes = areas, normals.T, sizes
        hidden = np.zeros(distances.shape, dtype=bool)
        hidden[1] = sides[:, 1] < 0
        self.distances = np.ma.array(distances, mask=hidden)


def _of_sizes(base: Any) -> Any:
    class SizedMesh(base):
        """FiPy's mesh with sizes that are handed in."""

        def __init__(self, given: _Given, mesh: CellMesh) -> None:
            self._given = given
            super().__init__(
                np.ascontiguousarray(given.sizes.points.T),
                np.ascontiguousarray(mesh.faces.T),
                _cell_faces(mesh),
                communicator=fipy().serialComm,
            )

        def _calcFaceCellIDs(self) -> Any:
            return self._given.sides

        def _calcFaceCenters(self) -> Any:
            return self._given.sizes.face_centres.T.copy()

        def _calcFaceAreas(self) -> Any:
            return self._given.areas.copy()

        def _calcCellCenters(self) -> Any:
            return self._given.sizes.centres.T.copy()

        def _calcFaceNormals(self) -> Any:
            return self._given.normals.copy()

        def _calcCellVolumes(self) -> Any:
            return self._given.sizes.volumes.copy()

        def _calcFaceToCellDistAndVec(self) -> Any:
            _, vectors = super()._calcFaceToCellDistAndVec()
            return self._given.distances.copy(), vectors

        def _calcCellDistAndVec(self) -> Any:
            _, vectors = super()._calcCellDistAndVec()
            return self._given.distances.filled(0.0).sum(axis=0), vectors

    return SizedMesh


def _cell_faces(mesh: CellMesh) -> NDArray[np.int64]:
    """Return the faces of each cell (most, n), padded with -1."""
    faces, sides = np.nonzero(mesh.face_cells >= 0)
    cells = mesh.face_cells[faces, sides]
    order = np.argsort(cells, kind="stable")
    count = np.bincount(cells, minlength=mesh.size)
    begin = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(cells.size) - begin[cells[order]]
    found = np.full((int(count.max()), mesh.size), -1)
    found[place, cells[order]] = faces[order]
    return found
