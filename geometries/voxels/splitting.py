"""Voxels cut into smaller ones: finer cells in a shape that stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.checks import MOST_CELLS, whole
from cartflow.geometries.surfaces.smooth import Inside, face_shares
from cartflow.geometries.voxels.coarsening import spread
from cartflow.geometries.voxels.orientation import VoxelGrid

Floats = NDArray[np.float64]


def split_voxels(grid: VoxelGrid, parts: int) -> VoxelGrid:
    """Return the grid with every voxel cut into `parts` along each axis, in a plane along two.

    Raises `InputError` on a bad number, too many cells, or where voxels are joined to blocks.
    """
    number = whole(parts, "split")
    if number == 1:
        return grid
    if max(grid.factors) > 1:
        msg = f"split: got {number} beside coarsen = {max(grid.factors)}; give one of them"
        raise InputError(msg)
    parts_along = tuple(1 if axis == grid.flat else number for axis in range(3))
    if grid.labels.size * float(np.prod(parts_along, dtype=float)) > MOST_CELLS:
        msg = f"split: got {number}, which makes more than {MOST_CELLS} voxels"
        raise InputError(msg)
    affine = grid.affine.copy()
    affine[:3, :3] /= parts_along
    affine[:3, 3] -= affine[:3, :3] @ (np.array(parts_along) - 1) / 2
    labels = spread(grid.labels, parts_along)
    return replace(grid, labels=labels, affine=affine, split=number)


def shares_of_split(inside: Inside, voxel: Floats, split: int) -> Iterator[Floats]:
    """As `face_shares`, of voxels that were `split`: each face has the share of the whole one's.

    A smooth surface through the parts would follow the staircase of the wholes instead.
    """
    sizes = [n // split for n in inside.shape]
    wholes = inside[tuple(slice(0, n * split, split) for n in sizes)]
    shares = face_shares(wholes, voxel * split)
    for axis in range(inside.ndim):
        for side in (+1, -1):
            of_wholes = np.zeros(tuple(np.moveaxis(wholes, axis, 0).shape))
            of_wholes[_behind(wholes, axis, side)] = next(shares)
            yield spread(of_wholes, (split,) * inside.ndim)[_behind(inside, axis, side)]


def _behind(inside: Inside, axis: int, side: int) -> tuple[NDArray[np.intp], ...]:
    """Return the places of the voxels behind the faces out, `axis` first, in C order."""
    held = np.moveaxis(inside, axis, 0)
    beyond = np.zeros_like(held)
    if side > 0:
        beyond[:-1] = held[1:]
    else:
        beyond[1:] = held[:-1]
    return np.nonzero(held & ~beyond)
