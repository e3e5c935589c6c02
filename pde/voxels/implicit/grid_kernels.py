"""Compiled loops that take values from one grid of multigrid to the next, in single precision.

See `box` for the arrays.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.pde.voxels.implicit.box import WIDTH

Array = np.ndarray


@fused
def fold(values: Array, shape: Array, factors: Array, coarse_shape: Array, target: Array) -> None:
    """Write the sums of a plane of `values` over coarse voxels to `target`; overwrites `values`."""
    width, coarse_width = shape[2], coarse_shape[2]
    for line in range(coarse_shape[1]):
        y = line * factors[1]
        row = values[y * width : (y + 1) * width]
        if factors[1] == 2 and y + 1 < shape[1]:
            other = values[(y + 1) * width : (y + 2) * width]
            for i in range(width):
                row[i] += other[i]
        wide = target[line * coarse_width : (line + 1) * coarse_width]
        if factors[2] == 1:
            wide[:] = row
        else:
            even, odd = row[0::2], row[1::2]
            for i in range(odd.size):
                wide[i] = even[i] + odd[i]
            if even.size > odd.size:
                wide[odd.size] = even[odd.size]


@fused
def restrict(
    values: Array,
    shape: Array,
    factors: Array,
    coarse_shape: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Sum `values` over the voxels of every coarse one, in the coarse planes first to last."""
    far, wide = shape[1] * shape[2], coarse_shape[1] * coarse_shape[2]
    total = np.empty(far, dtype=values.dtype)
    for plane in range(first, last):
        total[:] = 0.0
        for z in range(plane * factors[0], min((plane + 1) * factors[0], shape[0])):
            add(values[far * (z + 1) : far * (z + 2)], total)
        fold(total, shape, factors, coarse_shape, out[wide * (plane + 1) : wide * (plane + 2)])


@fused
def add(values: Array, target: Array) -> None:
    """Add `values` to `target`."""
    for i in range(target.size):
        target[i] += values[i]


@fused
def add_coarse(
    coarse: Array, shape: Array, factors: Array, coarse_shape: Array, z: int, target: Array
) -> None:
    """Add to `target`, the plane `z`, the value of the coarse voxel around each voxel."""
    width, coarse_width = shape[2], coarse_shape[2]
    begin = coarse_shape[1] * coarse_width * (z // factors[0] + 1)
    # Without signs, since an index that may be negative hinders vectors.
    half = np.uint64(factors[2] - 1)
    for y in range(shape[1]):
        line = begin + (y // factors[1]) * coarse_width
        row, wide = target[y * width : (y + 1) * width], coarse[line : line + coarse_width]
        for i in range(width):
            row[i] += wide[np.uint64(i) >> half]


@fused
def invert(
    local: Array, coupled: Array, margin: int, first: int, last: int, size: int, out: Array
) -> None:
    """Write 1 / (local + coupled), or 0 where both are 0, outside."""
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        held, beside, target = local[low:high], coupled[low:high], out[low:high]
        for i in range(high - low):
            total = held[i] + beside[i]
            target[i] = np.float32(1.0) / total if total > 0.0 else np.float32(0.0)
