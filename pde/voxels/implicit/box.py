"""Where the voxels of a box around a tumour stand, for the compiled loops of linear systems.

All arrays are flat over the box with a margin of one plane at both ends, so that every neighbour
is found at a fixed distance; exchange to what lies outside is zero. `near` (3) are the distances
to the next voxel along each axis, slowest first, `exchange` (3, box) couples a voxel to it. The
matrix is local x - sum exchange (x of neighbour - x). Blocks have a fixed width, so that every
number is the same whoever does the block.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused

Array = np.ndarray

WIDTH = 8192  # voxels in a block


@fused
def neighbours(
    x: Array, exchange: Array, low: int, high: int, apart: int
) -> tuple[Array, Array, Array, Array]:
    """Return the neighbours ahead and behind, and the exchange with them."""
    ahead, behind = x[low + apart : high + apart], x[low - apart : high - apart]
    return ahead, behind, exchange[low:high], exchange[low - apart : high - apart]
