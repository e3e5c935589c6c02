"""How much of a smooth surface each outer face of a voxel mask holds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Inside = NDArray[np.bool_]
# Width of the Gaussian, in voxels along each axis (more in a plane, where fewer take part in
# the mean), and how many of its widths are summed.
_WIDTH, _WIDTH_IN_PLANE = 1.6, 2.2
_REACH = 2.5
_MARGIN = int(_WIDTH_IN_PLANE * _REACH + 0.5) + 1


def face_shares(inside: Inside, voxel: Floats) -> Iterator[Floats]:
    """Yield, for each axis and there side +1, then -1, the shares ``max(n.e, 0)`` of outer faces.

    Every face between a voxel of `inside` and one without, in C order, is weighted with the
    outward normal n of a smooth surface through the mask: the gradient of the signed distance
    between voxel centres, smoothed by a Gaussian of 1.6 voxels along each axis and taken in mm
    (`voxel` holds the edge lengths). Face areas times shares sum to the surface's area, since
    ``sum A n.e`` over a closed staircase is the integral of ``div n`` inside (Gauss).
    """
    padded = np.pad(inside, _MARGIN)
    gradients = _gradients(signed_distance(padded, voxel), voxel)
    # One voxel more than the mask on every side holds all of its outer faces.
    near = (slice(_MARGIN - 1, 1 - _MARGIN),) * inside.ndim
    gradients, padded = [g[near] for g in gradients], padded[near]
    for axis in range(inside.ndim):
        along = [np.moveaxis(g, axis, 0) for g in gradients]
        held = np.moveaxis(padded, axis, 0)
        for side in (+1, -1):
            out = held[:-1] & ~held[1:] if side > 0 else ~held[:-1] & held[1:]
            normal = [np.add(g[:-1][out], g[1:][out], dtype=float) for g in along]
            yield _cosines(normal, axis, side)


def signed_distance(inside: Inside, voxel: Floats) -> NDArray[np.float32]:
    """Return how far each voxel's centre lies outside (+) or inside (-), to the other kind, mm."""
    from scipy.ndimage import distance_transform_edt

    distance = distance_transform_edt(~inside, sampling=voxel).astype(np.float32)
    distance -= distance_transform_edt(inside, sampling=voxel).astype(np.float32)
    return distance


def _gradients(values: NDArray[np.float32], voxel: Floats) -> list[NDArray[np.float32]]:
    """Return the derivative along each axis by the Gaussian's own, alike for every direction."""
    from scipy.ndimage import gaussian_filter

    orders = np.eye(values.ndim, dtype=int)
    width = _WIDTH_IN_PLANE if values.ndim == 2 else _WIDTH
    return [
        gaussian_filter(values, width, order=order, truncate=_REACH, mode="nearest")
        / np.float32(step)
        for order, step in zip(orders, voxel, strict=True)
    ]


def _cosines(normal: list[Floats], axis: int, side: int) -> Floats:
    length = np.sqrt(sum(part**2 for part in normal))
    out = side * normal[axis]
    return np.divide(np.maximum(out, 0.0), length, out=np.ones_like(out), where=length > 0)
