"""Compiled loops of multigrid (see `box` for the arrays), in single precision."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.pde.voxels.implicit.box import WIDTH, neighbours

Array = np.ndarray


@fused
def smooth(
    x: Array,
    right: Array,
    exchange: Array,
    inverse: Array,
    near: Array,
    weight: float,
    first: int,
    last: int,
    size: int,
    out: Array,
) -> None:
    """Write x + weight (right - A x) / diagonal to `out`, `inverse` being 1 / diagonal."""
    w, rest = np.float32(weight), np.float32(1.0 - weight)
    margin, far, row = near[0], near[0], near[1]
    e0, e1, e2 = exchange[0], exchange[1], exchange[2]
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        # Views with bounds of their own, since an index that may be negative hinders vectors.
        here, goal, share, target = x[low:high], right[low:high], inverse[low:high], out[low:high]
        x1, x2, f1, f2 = neighbours(x, e0, low, high, far)
        x3, x4, f3, f4 = neighbours(x, e1, low, high, row)
        x5, x6, f5, f6 = neighbours(x, e2, low, high, 1)
        for i in range(high - low):
            beside = f1[i] * x1[i] + f2[i] * x2[i] + f3[i] * x3[i]
            beside += f4[i] * x4[i] + f5[i] * x5[i] + f6[i] * x6[i]
            target[i] = rest * here[i] + w * share[i] * (goal[i] + beside)


@fused
def begin_smooth(
    right: Array,
    inverse: Array,
    margin: int,
    weight: float,
    first: int,
    last: int,
    size: int,
    out: Array,
) -> None:
    """Do as `smooth` from x = 0."""
    w = np.float32(weight)
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        share, goal, target = inverse[low:high], right[low:high], out[low:high]
        for i in range(high - low):
            target[i] = w * share[i] * goal[i]


@fused
def _rest(
    x: Array,
    right: Array,
    exchange: Array,
    local: Array,
    near: Array,
    low: int,
    high: int,
    out: Array,
) -> None:
    """Write right - A x of the voxels low <= c < high to `out`, which begins with the first."""
    here, goal, held = x[low:high], right[low:high], local[low:high]
    x1, x2, f1, f2 = neighbours(x, exchange[0], low, high, near[0])
    x3, x4, f3, f4 = neighbours(x, exchange[1], low, high, near[1])
    x5, x6, f5, f6 = neighbours(x, exchange[2], low, high, 1)
    for i in range(high - low):
        u = here[i]
        flow = f1[i] * (x1[i] - u) + f2[i] * (x2[i] - u) + f3[i] * (x3[i] - u)
        flow += f4[i] * (x4[i] - u) + f5[i] * (x5[i] - u) + f6[i] * (x6[i] - u)
        out[i] = goal[i] - held[i] * u + flow


@fused
def restrict_residual(
    x: Array,
    right: Array,
    exchange: Array,
    local: Array,
    near: Array,
    shape: Array,
    factors: Array,
    coarse_shape: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Sum right - A x over the voxels of every coarse one, in the coarse planes first to last."""
    rest = np.empty(near[0], dtype=x.dtype)
    coarse_margin = coarse_shape[1] * coarse_shape[2]
    for plane in range(first, last):
        begin = coarse_margin * (plane + 1)
        target = out[begin : begin + coarse_margin]
        target[:] = 0.0
        for z in range(plane * factors[0], min((plane + 1) * factors[0], shape[0])):
            low = near[0] * (z + 1)
            _rest(x, right, exchange, local, near, low, low + near[0], rest)
            _add_plane(rest, shape, factors, coarse_shape, target)


@fused
def _add_plane(
    values: Array, shape: Array, factors: Array, coarse_shape: Array, target: Array
) -> None:
    """Add a plane of `values` to a coarse one."""
    width, coarse_width = shape[2], coarse_shape[2]
    for y in range(shape[1]):
        line = y // factors[1]
        add_pairs(
            values[y * width : (y + 1) * width],
            factors[2],
            target[line * coarse_width : (line + 1) * coarse_width],
        )


@fused
def add_pairs(row: Array, factor: int, target: Array) -> None:
    """Add `row` to `target`, in which every voxel is `factor` (1 or 2) wide."""
    if factor == 1:
        for i in range(row.size):
            target[i] += row[i]
        return
    pairs = row[: row.size // 2 * 2].reshape(row.size // 2, 2)
    for i in range(row.size // 2):
        target[i] += pairs[i, 0] + pairs[i, 1]
    if row.size % 2 == 1:
        target[row.size // 2] += row[row.size - 1]


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
    margin, coarse_margin = shape[1] * shape[2], coarse_shape[1] * coarse_shape[2]
    for plane in range(first, last):
        begin = coarse_margin * (plane + 1)
        target = out[begin : begin + coarse_margin]
        target[:] = 0.0
        for z in range(plane * factors[0], min((plane + 1) * factors[0], shape[0])):
            low = margin * (z + 1)
            _add_plane(values[low : low + margin], shape, factors, coarse_shape, target)


@fused
def prolong(
    coarse: Array,
    shape: Array,
    factors: Array,
    coarse_shape: Array,
    first: int,
    last: int,
    x: Array,
) -> None:
    """Add to `x` the value of the coarse voxel around, in the planes first to last."""
    far, width = shape[1] * shape[2], shape[2]
    margin = coarse_shape[1] * coarse_shape[2]
    for z in range(first, last):
        for y in range(shape[1]):
            start = far + z * far + y * width
            begin = margin * (z // factors[0] + 1) + (y // factors[1]) * coarse_shape[2]
            target, source = x[start : start + width], coarse[begin : begin + coarse_shape[2]]
            if factors[2] == 1:
                for i in range(width):
                    target[i] += source[i]
            else:
                for i in range(width // 2):
                    target[2 * i] += source[i]
                    target[2 * i + 1] += source[i]
                if width % 2 == 1:
                    target[width - 1] += source[width // 2]


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
