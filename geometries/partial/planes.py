"""One plane through every voxel that a shape fills in part, and what it leaves of the faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.partial.heights import by_heights

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Width of the Gaussian whose derivatives give the normal, in voxels; share of a normal's
# components below which a plane is taken to run along an axis; halvings of its place.
_WIDTH = 1.0
_LEAST = 1e-3
_HALVINGS = 40


@dataclass(frozen=True, kw_only=True, eq=False)
class Planes:
    """Planes in voxels at the indices `places` (axes, n).

    `normal` (axes, n) is the outward unit normal, `depth` (n,) how far the voxel's centre lies
    below the plane, mm (above it where negative), `across` how thick the voxel is along the
    normal, mm, and `left` (axes, 2, n) the shares of the faces towards lower and higher indices
    that lie below the plane. `curvature` (n,), 1/mm, positive where the shape bulges, is known
    in one layer alone, and else zero.
    """

    places: Ints
    normal: Floats
    depth: Floats
    across: Floats
    left: Floats
    curvature: Floats


def planes(
    fractions: Floats, where: NDArray[np.bool_], voxel: Floats, flat: int | None = None
) -> Planes:
    """Return the planes in the voxels `where` that cut off the volume which they hold.

    Normals follow from the heights of columns, where there are none from the fractions smoothed by
    a Gaussian of one voxel. Across the axis `flat` all layers are alike. The plane's place follows
    from the fraction exactly (Youngs 1982; Scardovelli and Zaleski 2000). `fractions`
    must have an empty margin of four voxels.
    """
    places = np.array(np.nonzero(where))
    normal, curvature = by_heights(
        fractions, places, _normals(fractions, where, voxel), voxel, flat
    )
    scaled = np.abs(normal) * voxel[:, None]
    across = scaled.sum(axis=0)
    share = np.maximum(scaled / across, _LEAST)
    share /= share.sum(axis=0)
    place = _place(np.clip(fractions[where], 0.0, 1.0), share)
    left = np.empty((len(voxel), 2, place.size))
    for axis in range(len(voxel)):
        low, high = (
            _area(place, np.delete(share, axis, axis=0)),
            _area(place - share[axis], np.delete(share, axis, axis=0)),
        )
        rising = normal[axis] >= 0
        left[axis] = np.where(rising, low, high), np.where(rising, high, low)
    return Planes(
        places=places,
        normal=normal,
        depth=(place - 0.5) * across,
        across=across,
        left=left,
        curvature=curvature,
    )


def _normals(fractions: Floats, where: NDArray[np.bool_], voxel: Floats) -> Floats:
    from scipy.ndimage import gaussian_filter

    orders = np.eye(fractions.ndim, dtype=int)
    slopes = np.array(
        [
            -gaussian_filter(fractions, _WIDTH, order=order, truncate=3.0)[where] / size
            for order, size in zip(orders, voxel, strict=True)
        ]
    )
    length = np.sqrt((slopes**2).sum(axis=0))
    # Where nothing points out, as in a sheet of one voxel, along the first axis.
    flat = length < 1e-9 / voxel.min()
    slopes[0, flat] = 1.0
    return np.asarray(slopes / np.where(flat, 1.0, length))


def _place(volume: Floats, share: Floats) -> Floats:
    """Return the a for which a unit cube holds `volume` below ``share . x = a``."""
    low, high = np.zeros_like(volume), np.ones_like(volume)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        less = _volume(middle, share) < volume
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return 0.5 * (low + high)


def _volume(place: Floats, share: Floats) -> Floats:
    x, y, z = share
    terms = sum(
        sign * np.maximum(place - cut, 0.0) ** 3
        for sign, cut in (
            (1, 0.0), (-1, x), (-1, y), (-1, z), (1, x + y), (1, x + z), (1, y + z),
        )
    )  # fmt: skip
    return np.asarray(terms / (6.0 * x * y * z))


def _area(place: Floats, share: Floats) -> Floats:
    """Return how much of a unit square lies below ``share . x = place``."""
    x, y = share
    terms = sum(
        sign * np.maximum(place - cut, 0.0) ** 2
        for sign, cut in ((1, 0.0), (-1, x), (-1, y), (1, x + y))
    )
    return np.clip(terms / (2.0 * x * y), 0.0, 1.0)
