"""The faces between voxels, or blocks of voxels, and those to the outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
OUTSIDE, CAVITY = -1, -2


@dataclass(frozen=True, kw_only=True, eq=False)
class VoxelFaces:
    """Faces of the mesh cells of a voxel grid, one entry a face, the interior ones first.

    `owner` is the cell behind the face, `neighbour` the one before it (OUTSIDE, or CAVITY where
    tissue encloses what is no tissue), `axis` the grid axis it is normal to, `side` +1 or -1
    its direction seen from the owner, `areas` in mm2. A block of voxels can have, in one
    direction, a face to its neighbour and others to the outside and to a cavity: together they
    hold the area of its fine faces, so that over every cell the areas times normals sum to zero.
    """

    owner: Ints
    neighbour: Ints
    axis: Ints
    side: Ints
    areas: Floats

    @property
    def exterior(self) -> NDArray[np.bool_]:
        """Which faces lead outside."""
        return self.neighbour < 0


def voxel_faces(cell_of_voxel: Ints, voxel: Floats) -> VoxelFaces:
    """Return the faces of cells, given the cell of every fine voxel, or OUTSIDE or CAVITY.

    `voxel` is the edge length along each axis of that array, mm.
    """
    return _joined([shared_faces(cell_of_voxel, voxel), outer_faces(cell_of_voxel, voxel)])


def shared_faces(cell_of_voxel: Ints, voxel: Floats) -> VoxelFaces:
    """Return the faces between cells alone; see `voxel_faces`."""
    size = int(cell_of_voxel.max()) + 1
    areas = [float(np.prod(np.delete(voxel, axis))) for axis in range(cell_of_voxel.ndim)]
    return _joined(
        [
            _shared(*_neighbours(cell_of_voxel, axis), size, axis, area)
            for axis, area in enumerate(areas)
        ]
    )


def outer_faces(cell_of_voxel: Ints, voxel: Floats) -> VoxelFaces:
    """Return the faces of cells to the outside and to cavities alone; see `voxel_faces`."""
    size = int(cell_of_voxel.max()) + 1
    return _joined(
        [
            _exposed(
                cells[beyond == kind],
                size,
                axis,
                side,
                float(np.prod(np.delete(voxel, axis))),
                kind,
            )
            for axis, side, cells, beyond in faces_out(cell_of_voxel)
            for kind in (OUTSIDE, CAVITY)
        ]
    )


def _joined(parts: list[VoxelFaces]) -> VoxelFaces:
    return VoxelFaces(
        owner=np.concatenate([part.owner for part in parts]),
        neighbour=np.concatenate([part.neighbour for part in parts]),
        axis=np.concatenate([part.axis for part in parts]),
        side=np.concatenate([part.side for part in parts]),
        areas=np.concatenate([part.areas for part in parts]),
    )


def faces_out(cell_of_voxel: Ints) -> Iterator[tuple[int, int, Ints, Ints]]:
    """Yield axis, side (+1, then -1), the cells behind the fine faces out and what is beyond."""
    padded = np.pad(cell_of_voxel, 1, constant_values=OUTSIDE)
    for axis in range(padded.ndim):
        low, high = _neighbours(padded, axis)
        out = (low >= 0) & (high < 0)
        yield axis, +1, low[out], high[out]
        out = (low < 0) & (high >= 0)
        yield axis, -1, high[out], low[out]


def _neighbours(padded: Ints, axis: int) -> tuple[Ints, Ints]:
    along = np.moveaxis(padded, axis, 0)
    return along[:-1].ravel(), along[1:].ravel()


def _shared(low: Ints, high: Ints, size: int, axis: int, area: float) -> VoxelFaces:
    touching = (low >= 0) & (high >= 0) & (low != high)
    pairs = low[touching] * size + high[touching]
    counts = np.ones_like(pairs)
    # Voxels that are cells themselves touch once, and in order unless along the first axis.
    if not (np.diff(pairs) > 0).all():
        pairs, counts = np.unique(pairs, return_counts=True)
    return _faces(pairs // size, pairs % size, axis, +1, counts * np.float64(area))


def _exposed(cells: Ints, size: int, axis: int, side: int, area: float, beyond: int) -> VoxelFaces:
    counts = np.bincount(cells, minlength=size)
    owner = np.flatnonzero(counts)
    return _faces(owner, np.full(owner.size, beyond), axis, side, counts[owner] * np.float64(area))


def _faces(owner: Ints, neighbour: Ints, axis: int, side: int, areas: Floats) -> VoxelFaces:
    return VoxelFaces(
        owner=owner,
        neighbour=neighbour,
        axis=np.full(owner.size, axis),
        side=np.full(owner.size, side),
        areas=areas,
    )
