"""An unstructured FiPy mesh of the active voxels alone.

This module imports FiPy; import it only where a mesh is built.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.voxels.faces import VoxelFaces

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_Mesh: Any = importlib.import_module(f"{fipy().__name__}.meshes.mesh").Mesh
# A face's corners in cyclic order, along the two axes that span it.
_CYCLE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


class VoxelMesh(_Mesh):
    """Blocks with given volumes (n,) mm3, centres (n, 3) mm, and face areas in mm2.

    A block at the rim holds fewer voxels than fit into it, so its volume and the areas of
    its faces are handed in; faces stand where the full block has them.
    """

    # Neighbours' centres lie straight across their face.
    _isOrthogonal = True

    def __init__(
        self, vertices: Floats, corners: Ints, faces: VoxelFaces, volumes: Floats, centres: Floats
    ) -> None:
        # FiPy's constructor asks for these at once.
        self._given_areas = faces.areas
        self._given_volumes = volumes
        self._given_centres = centres.T
        super().__init__(
            vertexCoords=vertices,
            faceVertexIDs=corners,
            cellFaceIDs=faces_of_cells(faces, volumes.size),
        )

    def _calcFaceAreas(self) -> Floats:
        return self._given_areas.copy()

    def _calcCellVolumes(self) -> Floats:
        return self._given_volumes.copy()

    def _calcCellCenters(self) -> Floats:
        return self._given_centres.copy()


def build_voxel_mesh(
    indices: Ints, shape: tuple[int, ...], affine: Floats, faces: VoxelFaces, volumes: Floats
) -> VoxelMesh:
    """Return the mesh of cells at grid `indices` (n, 3), in the order of the grid's axes.

    `affine` takes (i, j, k), the reverse of that order, to RAS mm.
    """
    corners = _corners(indices, faces)
    numbers, face_vertices = np.unique(
        np.ravel_multi_index(tuple(corners), tuple(n + 1 for n in shape)), return_inverse=True
    )
    vertices = np.stack(np.unravel_index(numbers, tuple(n + 1 for n in shape)), axis=1) - 0.5
    return VoxelMesh(
        _place(vertices, affine).T,
        face_vertices.reshape(corners.shape[1:]),
        faces,
        volumes,
        _place(indices, affine),
    )


def _corners(indices: Ints, faces: VoxelFaces) -> Ints:
    """Return the grid indices (3, 4, faces) of each face's corners."""
    base = indices[faces.owner].T.copy()
    base[faces.axis, np.arange(faces.axis.size)] += faces.side > 0
    corners = np.repeat(base[:, None, :], 4, axis=1)
    for axis in range(3):
        normal = faces.axis == axis
        for number, spanning in enumerate(np.delete(np.arange(3), axis)):
            corners[spanning][:, normal] += _CYCLE[:, number, None]
    return corners


def _place(indices: NDArray[Any], affine: Floats) -> Floats:
    return indices[:, ::-1] @ affine[:3, :3].T + affine[:3, 3]


def faces_of_cells(faces: VoxelFaces, size: int) -> Ints:
    """Return the face numbers (most faces, n) of each cell, padded with -1."""
    inner = np.flatnonzero(~faces.exterior)
    cells = np.concatenate([faces.owner, faces.neighbour[inner]])
    numbers = np.concatenate([np.arange(faces.owner.size), inner])
    order = np.lexsort((numbers, cells))
    cells, numbers = cells[order], numbers[order]
    counts = np.bincount(cells, minlength=size)
    row = np.arange(cells.size) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((int(counts.max()), size), -1)
    table[row, cells] = numbers
    return table
