"""The volume of every mesh cell of a partial-volume mask: what is filled is shared, and kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Inside = NDArray[np.bool_]
# A cell of less than this share of a voxel would make steps short; sharing ends at the latest
# after so many rounds.
_LEAST = 0.6
_FEWEST, _MOST = 2, 10


def cell_shares(fractions: Floats, inside: Inside) -> Floats:
    """Return the volume of each cell, in voxels, on the grid: 1 inside, shared at the surface.

    What voxels outside hold goes to the nearest one `inside`; then what cells at the surface hold
    above or below a whole voxel is shared with their neighbours there, again and again, since the
    surface cuts voxels anywhere and hardly any cell is to be much smaller than a voxel. The sum is
    that of `fractions`.
    """
    from scipy.ndimage import distance_transform_edt

    beyond = (fractions > 0) & ~inside
    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    excess = np.where(inside, fractions - 1.0, 0.0)
    np.add.at(excess, tuple(row[beyond] for row in nearest), fractions[beyond])
    surface = _at_the_surface(inside)
    # What the rest lacks, as within a soft mask, stays where it is.
    stays = np.where(surface, 0.0, excess)
    moves = np.where(surface, excess, 0.0)
    neighbours = np.maximum(_around(surface.astype(float)), 1.0)
    for done in range(_MOST):
        if done >= _FEWEST and 1.0 + moves.min() >= _LEAST:
            break
        moves = np.where(surface, _around(moves / neighbours), 0.0)
    return np.where(inside, 1.0 + stays + moves, 0.0)


def _at_the_surface(inside: Inside) -> Inside:
    from scipy.ndimage import minimum_filter

    return np.asarray(inside & ~minimum_filter(inside, size=3, mode="constant"))


def _around(values: Floats) -> Floats:
    """Return the sum over each voxel and the 26 around it."""
    from scipy.ndimage import correlate1d

    for axis in range(values.ndim):
        values = correlate1d(values, np.ones(3), axis=axis, mode="constant")
    return values
