"""Normals and curvature of an edge in a plane from the heights of columns of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.partial.shares import EMPTY, FULL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Inside = NDArray[np.bool_]
# How many voxels a column reaches to either side; an edge that bends more within a voxel is none.
_REACH = 3
_BENT = 0.5


def by_heights(
    fractions: Floats, places: Ints, normal: Floats, voxel: Floats, flat: int
) -> tuple[Floats, Floats]:
    """Return normals (axes, n) and curvatures (n,), 1/mm, of the edge at `places` (axes, n).

    Columns of seven voxels along the largest component of the `normal` handed in, at the place
    and at both sides of it in the plane across the axis `flat`, hold as much as the edge is
    high; first and second differences of their heights are exact for straight lines and of second
    order for smooth ones (Cummins, Francois and Kothe 2005). Where a column does not fall from
    full to empty, the normal is kept, and the edge counts as straight.
    """
    found, bends = normal.copy(), np.zeros(normal.shape[1])
    axes = [axis for axis in range(len(voxel)) if axis != flat]
    along = np.abs(normal[axes] * voxel[axes, None]).argmax(axis=0)
    for axis, across in (axes, axes[::-1]):
        here = np.flatnonzero(along == axes.index(axis))
        outward = np.sign(normal[axis, here])
        columns = [_column(fractions, places[:, here], axis, across, s) for s in (-1, 0, 1)]
        good = np.all([_falls(column, outward) for column in columns], axis=0)
        low, middle, high = (column.sum(axis=0) * voxel[axis] for column in columns)
        slope = 0.5 * (high - low) / voxel[across]
        length = np.sqrt(1.0 + slope**2)
        bend = -(high - 2.0 * middle + low) / voxel[across] ** 2 / length**3
        good &= np.abs(bend) * voxel[axes].min() < _BENT
        chosen = here[good]
        found[:, chosen] = 0.0
        found[axis, chosen] = (outward / length)[good]
        found[across, chosen] = (-slope / length)[good]
        bends[chosen] = bend[good]
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
