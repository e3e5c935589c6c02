"""Compiled loops of a linear system on the box around a tumour's voxels.

All arrays are flat over the box with a margin of one plane at both ends, so that every neighbour
is found at a fixed distance; exchange to what lies outside is zero. `near` (3) are the distances
to the next voxel along each axis, slowest first, `exchange` (3, box) couples a voxel to it. The
matrix is local x - sum exchange (x of neighbour - x). Blocks have a fixed width, so that every
number is the same whoever does the block.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused, summing

Array = np.ndarray

WIDTH = 8192  # voxels in a block


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
        for c in range(low, high):
            beside = (
                e0[c] * x[c + far]
                + e0[c - far] * x[c - far]
                + e1[c] * x[c + row]
                + e1[c - row] * x[c - row]
                + e2[c] * x[c + 1]
                + e2[c - 1] * x[c - 1]
            )
            out[c] = rest * x[c] + w * inverse[c] * (right[c] + beside)


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
        for c in range(low, high):
            out[c] = w * inverse[c] * right[c]


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
    far, row, width = near[0], near[1], shape[2]
    e0, e1, e2 = exchange[0], exchange[1], exchange[2]
    rest = np.empty(width, dtype=x.dtype)
    coarse_margin = coarse_shape[1] * coarse_shape[2]
    for plane in range(first, last):
        for line in range(coarse_shape[1]):
            begin = coarse_margin * (plane + 1) + line * coarse_shape[2]
            target = out[begin : begin + coarse_shape[2]]
            target[:] = 0.0
            for z in range(plane * factors[0], min((plane + 1) * factors[0], shape[0])):
                for y in range(line * factors[1], min((line + 1) * factors[1], shape[1])):
                    start = far + z * far + y * row
                    for i in range(width):
                        c = start + i
                        here = x[c]
                        rest[i] = (
                            right[c]
                            - local[c] * here
                            + e0[c] * (x[c + far] - here)
                            + e0[c - far] * (x[c - far] - here)
                            + e1[c] * (x[c + row] - here)
                            + e1[c - row] * (x[c - row] - here)
                            + e2[c] * (x[c + 1] - here)
                            + e2[c - 1] * (x[c - 1] - here)
                        )
                    add_pairs(rest, factors[2], target)


@fused
def add_pairs(row: Array, factor: int, target: Array) -> None:
    """Add `row` to `target`, in which every voxel is `factor` (1 or 2) wide."""
    if factor == 1:
        for i in range(row.size):
            target[i] += row[i]
        return
    for i in range(row.size // 2):
        target[i] += row[2 * i] + row[2 * i + 1]
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
    far, width = shape[1] * shape[2], shape[2]
    coarse_margin = coarse_shape[1] * coarse_shape[2]
    for plane in range(first, last):
        for line in range(coarse_shape[1]):
            begin = coarse_margin * (plane + 1) + line * coarse_shape[2]
            target = out[begin : begin + coarse_shape[2]]
            target[:] = 0.0
            for z in range(plane * factors[0], min((plane + 1) * factors[0], shape[0])):
                for y in range(line * factors[1], min((line + 1) * factors[1], shape[1])):
                    start = far + z * far + y * width
                    add_pairs(values[start : start + width], factors[2], target)


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
        for c in range(low, high):
            total = local[c] + coupled[c]
            out[c] = np.float32(1.0) / total if total > 0.0 else np.float32(0.0)


@fused
def multiply(
    x: Array,
    exchange: Array,
    local: Array,
    near: Array,
    first: int,
    last: int,
    size: int,
    out: Array,
    sums: Array,
) -> None:
    """Write A x to `out`, and x . A x of every block to `sums`."""
    margin, far, row = near[0], near[0], near[1]
    e0, e1, e2 = exchange[0], exchange[1], exchange[2]
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        for c in range(low, high):
            here = x[c]
            out[c] = local[c] * here + (
                e0[c] * (here - x[c + far])
                + e0[c - far] * (here - x[c - far])
                + e1[c] * (here - x[c + row])
                + e1[c - row] * (here - x[c - row])
                + e2[c] * (here - x[c + 1])
                + e2[c - 1] * (here - x[c - 1])
            )
        sums[b] = dot(x[low:high], out[low:high])


@summing
def dot(a: Array, b: Array) -> float:
    """Return a . b."""
    total = 0.0
    for i in range(a.size):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@summing
def advance(
    x: Array,
    rest: Array,
    along: Array,
    moved: Array,
    length: float,
    margin: int,
    first: int,
    last: int,
    size: int,
    sums: Array,
) -> None:
    """Add length along to `x`, subtract length moved from `rest`; its 1-norm a block to `sums`."""
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        total = 0.0
        for c in range(low, high):
            x[c] += length * along[c]
            rest[c] -= length * moved[c]
            total += abs(rest[c])
        sums[b] = total


@fused
def turn(
    near: Array,
    share: float,
    margin: int,
    first: int,
    last: int,
    size: int,
    along: Array,
) -> None:
    """Overwrite `along` by near + share along."""
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        for c in range(low, high):
            along[c] = near[c] + share * along[c]


@fused
def scaled(
    values: Array, factor: float, margin: int, first: int, last: int, size: int, out: Array
) -> None:
    """Write factor x values to `out`, of single precision."""
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        for c in range(low, high):
            out[c] = factor * values[c]


@fused
def products(
    a: Array, b: Array, margin: int, first: int, last: int, size: int, sums: Array
) -> None:
    """Write a . b of every block to `sums`."""
    for k in range(first, last):
        low, high = margin + k * WIDTH, margin + min((k + 1) * WIDTH, size)
        sums[k] = dot(a[low:high], b[low:high])
