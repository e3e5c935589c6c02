"""Normals of a surface, and its curvature in a plane, from heights of columns of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.partial.shares import EMPTY, FULL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Inside = NDArray[np.bool_]
# How many voxels a column reaches to either side, and the most that a line bends within one.
_REACH = 3
_BENT = 0.5


def by_heights(
    fractions: Floats, places: Ints, normal: Floats, voxel: Floats, flat: int | None = None
) -> tuple[Floats, Floats]:
    """Return normals (axes, n) and curvatures (n,), 1/mm, of the surface at `places` (axes, n).

    Columns of seven voxels along the largest component of the `normal` handed in, at the place
    and at its sides, hold as much as the surface is high; first and second differences of their
    heights are exact for planes and of second order for smooth surfaces (Cummins, Francois and
    Kothe 2005). Where a column does not fall from full to empty, the normal is kept, and the
    surface counts as flat. Curvatures are worked out in the plane across the axis `flat` alone.
    """
    found, bends = normal.copy(), np.zeros(normal.shape[1])
    axes = [axis for axis in range(len(voxel)) if axis != flat]
    along = np.abs(normal[axes] * voxel[axes, None]).argmax(axis=0)
    for number, axis in enumerate(axes):
        here = np.flatnonzero(along == number)
        outward = np.where(normal[axis, here] < 0, -1.0, 1.0)
        steep, good, bend = np.zeros((len(voxel), here.size)), np.ones(here.size, bool), 0.0
        steep[axis] = outward
        for across in (other for other in axes if other != axis):
            columns = [_column(fractions, places[:, here], axis, across, s) for s in (-1, 0, 1)]
            good &= np.all([_falls(column, outward) for column in columns], axis=0)
            low, middle, high = (column.sum(axis=0) * voxel[axis] for column in columns)
            steep[across] = -0.5 * (high - low) / voxel[across]
            bend = bend - (high - 2.0 * middle + low) / voxel[across] ** 2
        length = np.sqrt((steep**2).sum(axis=0))
        found[:, here[good]] = (steep / length)[:, good]
        if flat is not None:
            bend = np.clip(bend / length**3 * voxel[axes].min(), -_BENT, _BENT)
            bends[here[good]] = bend[good] / voxel[axes].min()
    return found, bends


def _column(fractions: Floats, places: Ints, axis: int, across: int, side: int) -> Floats:
    """Return the shares (column, n) along `axis` beside places; the grid ends with its last."""
    ends = np.array(fractions.shape) - 1
    steps = np.arange(-_REACH, _REACH + 1)
    at = [np.broadcast_to(row, (steps.size, row.size)) for row in places]
    at[axis] = np.clip(places[axis] + steps[:, None], 0, ends[axis])
    at[across] = np.clip(at[across] + side, 0, ends[across])
    return np.asarray(fractions[tuple(at)])


def _falls(column: Floats, outward: Floats) -> Inside:
    """Return which columns fall from full to empty, in the direction `outward` (+1 or -1)."""
    steps = np.diff(column, axis=0) * outward
    first = np.where(outward > 0, column[0], column[-1])
    last = np.where(outward > 0, column[-1], column[0])
    return np.asarray((steps <= EMPTY).all(axis=0) & (first >= FULL) & (last <= EMPTY))
