"""Cavities: what a mask encloses and does not hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Inside = NDArray[np.bool_]


def enclosed(inside: Inside) -> Inside:
    """Return the voxels without tissue from which no way leads out around the tissue.

    A way goes through faces, edges or corners, as tissue is joined through faces alone: what a
    diagonal row of voxels shuts in is open.
    """
    from scipy.ndimage import binary_propagation, generate_binary_structure

    outside = np.pad(~inside, 1, constant_values=True)
    if inside.all():
        return np.zeros_like(inside)
    start = np.zeros_like(outside)
    start[0] = True
    everywhere = generate_binary_structure(inside.ndim, inside.ndim)
    reached = binary_propagation(start, structure=everywhere, mask=outside)
    cavities: Inside = ~reached & outside
    return cavities[(slice(1, -1),) * inside.ndim]
