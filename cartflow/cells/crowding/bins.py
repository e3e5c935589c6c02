"""Cell lists: cells sorted into cubes, so that those near one are found in the cubes around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.compiling import serial

Array = np.ndarray
_MOST_PER_CELL = 4  # cubes for each cell, above which cubes are made larger


@dataclass(frozen=True, kw_only=True, eq=False)
class Bins:
    """Cubes of edge `size` (mm) from the corner `low` on, `shape` of them along x, y, z.

    The cells of cube number b are `order[start[b]]` to `order[start[b + 1] - 1]`; along an axis
    that is not `moving` there is one cube.
    """

    low: Array
    size: float
    shape: Array
    start: Array
    order: Array


def bins_of(position: Array, reach: float, moving: Array) -> Bins:
    """Return cell lists of positions (n, 3) in which neighbours are at most `reach` mm away."""
    count = len(position)
    low = position.min(axis=0) if count else np.zeros(3)
    extent = (position.max(axis=0) - low if count else np.zeros(3)) * moving
    wide = int(moving.sum())
    size = reach
    while np.prod(np.floor(extent / size) + 1.0) > _MOST_PER_CELL * count + 64:
        size *= 2.0 ** (1.0 / wide)
    shape = (np.floor(extent / size) + 1.0).astype(np.int64)
    start = np.zeros(int(np.prod(shape)) + 1, dtype=np.int64)
    order = np.empty(count, dtype=np.int64)
    _sort(position, low, size, shape, moving, start, order, np.empty(count, dtype=np.int64))
    return Bins(low=low, size=size, shape=shape, start=start, order=order)


@serial
def cube_of(position, i, a, low, size, shape, moving):  # type: ignore[no-untyped-def]
    """Return in which cube along the axis `a` the cell `i` is."""
    if not moving[a]:
        return 0
    return min(max(int((position[i, a] - low[a]) / size), 0), shape[a] - 1)


@serial
def _sort(position, low, size, shape, moving, start, order, cubes):  # type: ignore[no-untyped-def]
    """Sort cells by cubes, those of one cube in their own order."""
    for i in range(len(position)):
        cube = 0
        for a in range(3):
            cube = cube * shape[a] + cube_of(position, i, a, low, size, shape, moving)
        cubes[i] = cube
        start[cube + 1] += 1
    for cube in range(start.size - 1):
        start[cube + 1] += start[cube]
    # Each start serves as the place of the next, and is put back afterwards.
    for i in range(len(position)):
        order[start[cubes[i]]] = i
        start[cubes[i]] += 1
    for cube in range(start.size - 1, 0, -1):
        start[cube] = start[cube - 1]
    start[0] = 0
