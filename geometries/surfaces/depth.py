"""How deep voxels lie below a mask's surface, to a part of a voxel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Inside = NDArray[np.bool_]
# Width of the Gaussian and how far it is summed, in voxels along each axis; then the distances, in
# voxels across the surface, up to which its normal is followed, and from which distance counts.
_WIDTH = 0.8
_REACH = 4
_NORMAL, _DISTANCE = 2.0, 4.0
_MARGIN = _REACH + 2


def depths(inside: Inside, voxel: Floats, split: int = 1) -> Floats:
    """Return how far each voxel's centre lies below the surface through the mask, mm, 0 outside.

    The mask smoothed by a Gaussian is ``Phi(t / sigma)`` at a distance t below a plane; so the
    voxels outside that are nearest to those inside know how far above the surface they lie, and
    what is nearest to one of them lies so much less deep than it is far. Near the surface the
    distance is taken along the normal. `voxel` holds the edge lengths; where voxels were `split`,
    the surface is that of the whole ones.
    """
    from scipy.ndimage import distance_transform_edt

    wholes, around = _wholes(inside, split)
    beyond = _just_outside(wholes)
    above, normal = _heights(wholes, beyond, voxel * split)
    number = np.zeros(wholes.shape, dtype=np.int32)
    number[beyond] = np.arange(above.size)
    # The centre of a whole voxel is one of its middle parts, for finding the nearest.
    outside = np.zeros(around.shape, dtype=bool)
    outside[(slice(split // 2, None, split),) * inside.ndim] = ~wholes
    nearest = distance_transform_edt(
        ~outside, sampling=voxel, return_distances=False, return_indices=True
    )
    whole = [row[around] // split for row in nearest]
    site = number[tuple(whole)]
    apart = [
        (w * split + 0.5 * (split - 1) - here) * size
        for w, here, size in zip(whole, np.nonzero(around), voxel, strict=True)
    ]
    found = np.zeros(inside.shape)
    found[inside] = distance_along(apart, normal, site, voxel * split) - above[site]
    return np.maximum(found, 0.0)


def _wholes(inside: Inside, split: int) -> tuple[Inside, Inside]:
    """Return the whole voxels with a margin around them, and their parts with the same margin."""
    sizes = [n // split for n in inside.shape]
    wholes = np.pad(inside[tuple(slice(0, n * split, split) for n in sizes)], _MARGIN)
    around = np.zeros([n * split for n in wholes.shape], dtype=bool)
    middle = tuple(slice(_MARGIN * split, (_MARGIN + n) * split) for n in sizes)
    around[middle] = inside[tuple(slice(0, n * split) for n in sizes)]
    return wholes, around


def distance_along(
    apart: list[Floats], normal: Floats, site: NDArray[Any], voxel: Floats
) -> Floats:
    """Return the distance to sites so far `apart`, mm; near the surface, that along its normal."""
    distance = np.sqrt(sum(x**2 for x in apart))
    across = np.abs(normal * voxel[:, None]).max(axis=0)[site]
    near = np.flatnonzero(distance < _DISTANCE * across)
    along = sum(n[site[near]] * x[near] for n, x in zip(normal, apart, strict=True))
    share = (_DISTANCE - distance[near] / across[near]) / (_DISTANCE - _NORMAL)
    distance[near] += np.clip(share, 0.0, 1.0) * (along - distance[near])
    return np.asarray(distance)


def _just_outside(inside: Inside) -> Inside:
    """Return the voxels outside that touch one inside by a face, an edge or a corner."""
    from scipy.ndimage import maximum_filter

    touched: Inside = maximum_filter(inside, size=3) & ~inside
    return touched


def _heights(inside: Inside, where: Inside, voxel: Floats) -> tuple[Floats, Floats]:
    """Return how high voxels outside lie above the surface, mm, and its normals (axes, voxels).

    A centre outside lies no lower than the surface, and the next one inward no higher.
    """
    from scipy.ndimage import correlate1d
    from scipy.special import ndtr, ndtri

    # What a Gaussian holds of each voxel, so that planes along the grid are exact.
    edges = ndtr((np.arange(-_REACH, _REACH + 2) - 0.5) / _WIDTH)
    kernel = np.diff(edges) / (edges[-1] - edges[0])

    share = inside.astype(float)
    for axis in range(inside.ndim):
        share = correlate1d(share, kernel, axis=axis, mode="constant")
    places = np.nonzero(where)
    slopes = []
    for axis, size in enumerate(voxel):
        behind, ahead = list(places), list(places)
        behind[axis], ahead[axis] = places[axis] - 1, places[axis] + 1
        slopes.append((share[tuple(behind)] - share[tuple(ahead)]) / (2.0 * size))
    normal = np.array(slopes)
    length = np.sqrt((normal**2).sum(axis=0))
    normal /= np.where(length > 0, length, 1.0)
    width = _WIDTH * np.sqrt(((normal * voxel[:, None]) ** 2).sum(axis=0))
    above = -width * ndtri(np.clip(share[places], 1e-6, 1.0 - 1e-6))
    return np.clip(above, 0.0, np.abs(normal * voxel[:, None]).max(axis=0)), normal
