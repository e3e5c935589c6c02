"""Volume means of an image over the mesh cells, where both lie in the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.images.cells import Boxes

Floats = NDArray[np.float64]
# Edges of cells and voxels that are nearer, in voxels, are the same one rounded twice.
_SAME = 1e-3
# Cosine beyond which grids are taken for oblique.
_OBLIQUE = 1e-4
# Places along an axis of a cell at which an oblique image is read, by cells per voxel.
_FEWEST, _MOST = 6, 24
_CHUNK = 2**18


class Resampling:
    """How the voxels of an image of `shape` and `affine` lie in the cells of `boxes`.

    Along parallel axes a mean is exact, the image taken as constant in every voxel; on an oblique
    grid it is read at 6 x 6 x 6 places of a cell, or more where cells are larger than voxels.
    """

    def __init__(self, boxes: Boxes, affine: Floats, shape: tuple[int, ...]) -> None:
        self._matrix = np.linalg.inv(affine) @ boxes.affine
        self._boxes, self._shape = boxes, shape
        self.box = _box_within(self._matrix, boxes.inside.shape, shape)

    @property
    def overlaps(self) -> bool:
        """Whether image and cells have anything in common."""
        return all(side.stop > side.start for side in self.box)

    def means(self, values: NDArray[Any]) -> Floats:
        """Return the sum of `values` (the part ``self.box`` of the image) x share of each cell.

        The result (cells,) counts what lies outside the image as 0, so that means of ones are the
        shares of the cells that the image covers.
        """
        matrix = self._matrix.copy()
        matrix[:3, 3] -= [side.start for side in self.box]
        along = _along(matrix)
        if along is not None:
            found = self._separable(values, matrix, along)
        else:
            found = self._sampled(values, matrix)
        return self._boxes.per_cell(found)

    def _separable(self, values: NDArray[Any], matrix: Floats, along: list[int]) -> Floats:
        grid = np.asarray(values, dtype=np.float64).transpose(along)
        for axis, (number, image_axis) in enumerate(
            zip(self._boxes.inside.shape, along, strict=True)
        ):
            shares = _shares(
                number, matrix[image_axis, axis], matrix[image_axis, 3], grid.shape[axis]
            )
            flat = np.moveaxis(grid, axis, 0)
            rest = flat.shape[1:]
            summed = shares @ np.ascontiguousarray(flat).reshape(flat.shape[0], -1)
            grid = np.moveaxis(summed.reshape(number, *rest), 0, axis)
        # Boxes are numbered in C order of the reversed axes.
        return np.ascontiguousarray(grid.T[self._boxes.inside.T])

    def _sampled(self, values: NDArray[Any], matrix: Floats) -> Floats:
        places = np.argwhere(self._boxes.inside.T)[:, ::-1]
        sums = np.empty(len(places))
        for start in range(0, len(places), _CHUNK):
            part = slice(start, start + _CHUNK)
            middles = places[part] @ matrix[:3, :3].T + matrix[:3, 3]
            sums[part] = _mean_at(values, middles, matrix[:3, :3])
        return sums


def _box_within(
    matrix: Floats, cells: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[slice, ...]:
    """Return the part of an image of `shape` in which the grid of `cells` lies."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * np.array(cells) - 0.5
    places = corners @ matrix[:3, :3].T + matrix[:3, 3]
    low = np.floor(places.min(axis=0) + 0.5 - _SAME).astype(np.int64)
    high = np.ceil(places.max(axis=0) + 0.5 + _SAME).astype(np.int64)
    return tuple(
        slice(int(min(max(a, 0), n)), int(max(min(b, n), 0)))
        for a, b, n in zip(low, high, shape, strict=True)
    )


def _along(matrix: Floats) -> list[int] | None:
    """Return for each axis of the cells the axis of the image it runs along; None if oblique."""
    sizes = np.abs(matrix[:3, :3])
    directions = sizes / np.linalg.norm(sizes, axis=0)
    along = [int(a) for a in np.argmax(directions, axis=0)]
    others = np.sort(directions, axis=0)[:2].max()
    return along if others <= _OBLIQUE and sorted(along) == [0, 1, 2] else None


def _shares(number: int, step: float, start: float, voxels: int) -> Any:
    """Return the share (cells, voxels) of every cell that lies in every voxel along an axis."""
    from scipy.sparse import csr_array

    # In units of voxels, voxel v from v to v + 1.
    edges = start + 0.5 + step * (np.arange(number + 1) - 0.5)
    near = np.rint(edges)
    edges = np.where(np.abs(edges - near) < _SAME, near, edges)
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    first = np.clip(np.floor(low), 0, voxels).astype(np.int64)
    last = np.clip(np.ceil(high), 0, voxels).astype(np.int64)
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(number), counts)
    ends = np.cumsum(counts)
    columns = np.repeat(first, counts) + np.arange(rows.size) - np.repeat(ends - counts, counts)
    inside = np.minimum(high[rows], columns + 1.0) - np.maximum(low[rows], columns)
    shares = np.maximum(inside, 0.0) / (high - low)[rows]
    return csr_array((shares, (rows, columns)), shape=(number, voxels))


def _mean_at(values: NDArray[Any], middles: Floats, edges: Floats) -> Floats:
    """Return the mean over places spread evenly in the cells around `middles` (n, 3)."""
    total, count = np.zeros(len(middles)), 0
    sizes = np.array(values.shape)
    for offset in _offsets(edges):
        index = np.floor(middles + offset + 0.5).astype(np.int64)
        held = np.all((index >= 0) & (index < sizes), axis=1)
        total[held] += values[tuple(index[held].T)]
        count += 1
    return total / count


def _offsets(edges: Floats) -> Iterator[Floats]:
    """Yield places within a cell of three `edges` (columns, in voxels), from its middle."""
    numbers = [
        int(np.clip(np.ceil(_FEWEST * np.abs(edges[:, a]).max()), _FEWEST, _MOST)) for a in range(3)
    ]
    for place in np.ndindex(*numbers):
        inner = (np.array(place) + 0.5) / np.array(numbers) - 0.5
        yield edges @ inner
