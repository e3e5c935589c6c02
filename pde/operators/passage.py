"""How much of an arm's way from one voxel to another lies in the tissue."""

from __future__ import annotations

from itertools import product

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.pde.operators.links import read_links, spacings

Array = np.ndarray

_EDGE = 1e-9


class Passages:
    """The open share of the faces of a grid's voxels, and of the ways between any two of them.

    A face is open as far as tissue lies on both sides of it; beside cells in which nothing moves
    (`still`) it is closed. A way leads through the voxels that the straight line meets, by faces
    and never back, and the best such way is as open as the narrowest of its faces. So no arm
    reaches through a wall or round a corner. `numbers` are those of the cells' places on the grid
    with a margin of `reach`, `cells` the cells at all places, or -1; `volume` (mm^3) is that of a
    whole voxel.
    """

    def __init__(self, geometry: Geometry, still: Array, reach: int) -> None:
        self._reach = reach
        active = geometry.active
        self._shape = np.array(active.shape) + 2 * reach
        self.numbers = self._number(np.argwhere(active) + reach)
        self.cells = np.full(int(np.prod(self._shape)), -1, dtype=np.int64)
        self.cells[self.numbers] = np.arange(geometry.size)
        links, faces = read_links(geometry), geometry.connectivity
        self._open = np.zeros((active.ndim, int(np.prod(self._shape))))
        first = self.numbers[links.first]
        whole = np.array(
            [faces.areas[links.axis == a].max(initial=0.0) for a in range(active.ndim)]
        )
        self.volume = float(np.max(whole * np.where(whole > 0, spacings(geometry), 0.0)))
        shares = faces.areas / whole[links.axis]
        shares[still[faces.owner] | still[faces.neighbour]] = 0.0
        self._open[links.axis, first] = shares

    def _number(self, places: Array) -> Array:
        return np.ravel_multi_index(tuple(places.T), tuple(self._shape))

    def step(self, offset: Array) -> int:
        """Return by how much the number of a place `offset` further is larger."""
        strides = np.append(np.cumprod(self._shape[:0:-1])[::-1], 1)
        return int(offset @ strides)

    def along(self, starts: Array, offset: Array) -> Array:
        """Return how open the ways are from places with the numbers `starts` to `offset` on."""
        signs = np.sign(offset).astype(np.int64)
        units = np.eye(offset.size, dtype=np.int64) * signs
        found = {(0,) * offset.size: np.ones(starts.size)}
        for voxel in _met(np.abs(offset)):
            best = np.zeros(starts.size)
            for axis in np.flatnonzero(voxel):
                before = np.array(voxel)
                before[axis] -= 1
                if tuple(before) in found:
                    low = before * signs + (units[axis] if signs[axis] < 0 else 0)
                    face = self._open[axis, starts + self.step(low)]
                    best = np.maximum(best, np.minimum(found[tuple(before)], face))
            found[voxel] = best
        return found[tuple(np.abs(offset))]


def _met(lengths: Array) -> list[tuple[int, ...]]:
    """Return the voxels but the first that a line from 0 to `lengths` meets, in their order."""
    voxels = [v for v in product(*(range(n + 1) for n in lengths)) if any(v) and _meets(v, lengths)]
    return sorted(voxels, key=sum)


def _meets(voxel: tuple[int, ...], lengths: Array) -> bool:
    low, high = 0.0, 1.0
    for place, length in zip(voxel, lengths, strict=True):
        if length:
            low = max(low, (place - 0.5) / length)
            high = min(high, (place + 0.5) / length)
    return low <= high + _EDGE
