"""Compiled loops of conjugate gradients (see `box` for the arrays), in double precision."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.pde.voxels.implicit.box import WIDTH, neighbours

Array = np.ndarray


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
    margin = near[0]
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        here, held, target = x[low:high], local[low:high], out[low:high]
        x1, x2, f1, f2 = neighbours(x, exchange[0], low, high, near[0])
        x3, x4, f3, f4 = neighbours(x, exchange[1], low, high, near[1])
        x5, x6, f5, f6 = neighbours(x, exchange[2], low, high, 1)
        for i in range(high - low):
            u = here[i]
            flow = f1[i] * (u - x1[i]) + f2[i] * (u - x2[i]) + f3[i] * (u - x3[i])
            flow += f4[i] * (u - x4[i]) + f5[i] * (u - x5[i]) + f6[i] * (u - x6[i])
            target[i] = held[i] * u + flow
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
        here, left, way, image = x[low:high], rest[low:high], along[low:high], moved[low:high]
        total = 0.0
        for i in range(high - low):
            here[i] += length * way[i]
            left[i] -= length * image[i]
            total += abs(left[i])
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
        source, target = near[low:high], along[low:high]
        for i in range(high - low):
            target[i] = source[i] + share * target[i]


@fused
def scaled(
    values: Array, factor: float, margin: int, first: int, last: int, size: int, out: Array
) -> None:
    """Write factor x values to `out`, of single precision."""
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        source, target = values[low:high], out[low:high]
        for i in range(high - low):
            target[i] = factor * source[i]


@fused
def products(
    a: Array, b: Array, margin: int, first: int, last: int, size: int, sums: Array
) -> None:
    """Write a . b of every block to `sums`."""
    for k in range(first, last):
        low, high = margin + k * WIDTH, margin + min((k + 1) * WIDTH, size)
        sums[k] = dot(a[low:high], b[low:high])
