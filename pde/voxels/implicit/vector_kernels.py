"""Compiled loops of conjugate gradients (see `box` for the arrays), in double precision."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.pde.voxels.implicit.box import WIDTH, neighbours
from cartflow.pde.voxels.implicit.runs import MOST, close_run

Array = np.ndarray


@fused
def turn_and_multiply(
    near_by: Array,
    share: float,
    along: Array,
    exchange: Array,
    local: Array,
    near: Array,
    first: int,
    last: int,
    turned: Array,
    out: Array,
    sums: Array,
) -> None:
    """Write p = near_by + share along to `turned`, A p to `out`, and p . A p a plane to `sums`.

    Does the planes first to last, one behind the other, so that p is still in a core's cache. What
    is `along` is not read where `share` is 0.
    """
    far, row = near[0], near[1]
    ring = np.zeros((3, far + 2 * row))
    for z in range(first - 1, last + 1):
        low, high = far * (z + 1), far * (z + 2)
        new, source, way = ring[z % 3][row : row + far], near_by[low:high], along[low:high]
        if share == 0.0:
            for i in range(far):
                new[i] = source[i]
        else:
            for i in range(far):
                new[i] = source[i] + share * way[i]
        if first <= z < last:
            turned[low:high] = new
        if z > first:
            below, here, above = ring[(z - 2) % 3], ring[(z - 1) % 3], ring[z % 3]
            image = out[low - far : low]
            _multiply(below, here, above, exchange, local, near, z - 1, image)
            sums[z - 1] = dot(here[row : row + far], image)


@fused
def _multiply(
    below: Array,
    x: Array,
    above: Array,
    exchange: Array,
    local: Array,
    near: Array,
    z: int,
    out: Array,
) -> None:
    """Write A x of plane `z` to `out`; `below`, `x`, `above` are planes with margins of a row."""
    far, row = near[0], near[1]
    low, high = far * (z + 1), far * (z + 2)
    here, held = x[row : row + far], local[low:high]
    x1, x2 = above[row : row + far], below[row : row + far]
    x3, x4, x5, x6 = x[2 * row :], x[:far], x[row + 1 :], x[row - 1 : row - 1 + far]
    f1, f2 = exchange[0][low:high], exchange[0][low - far : high - far]
    f3, f4 = exchange[1][low:high], exchange[1][low - row : high - row]
    f5, f6 = exchange[2][low:high], exchange[2][low - 1 : high - 1]
    for i in range(far):
        u = here[i]
        flow = f1[i] * (u - x1[i]) + f2[i] * (u - x2[i]) + f3[i] * (u - x3[i])
        flow += f4[i] * (u - x4[i]) + f5[i] * (u - x5[i]) + f6[i] * (u - x6[i])
        out[i] = held[i] * u + flow


@fused
def leave(
    x: Array,
    right: Array,
    exchange: Array,
    local: Array,
    near: Array,
    first: int,
    last: int,
    size: int,
    out: Array,
) -> None:
    """Write right - A x to `out`."""
    margin = near[0]
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        _leave(x, right, exchange, local, near, low, high, out[low:high])


@fused
def _leave(
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
        flow = f1[i] * (u - x1[i]) + f2[i] * (u - x2[i]) + f3[i] * (u - x3[i])
        flow += f4[i] * (u - x4[i]) + f5[i] * (u - x5[i]) + f6[i] * (u - x6[i])
        out[i] = goal[i] - (held[i] * u + flow)


@fused
def close(
    x: Array,
    right: Array,
    exchange: Array,
    local: Array,
    near: Array,
    rows: Array,
    storage: Array,
    volumes: Array,
    step: float,
    first: int,
    last: int,
    solved: Array,
    slope: Array,
) -> None:
    """Do as `runs.closed` with x and right - A x, for the `rows` first to last; to `slope`."""
    rest = np.empty(MOST)
    for k in range(first, last):
        cell, place, length = rows[k]
        end, left = cell + length, rest[:length]
        _leave(x, right, exchange, local, near, place, place + length, left)
        close_run(
            x[place : place + length],
            left,
            storage[cell:end],
            volumes[cell:end],
            step,
            solved[cell:end],
            slope[cell:end],
        )


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
    factor: float,
    margin: int,
    first: int,
    last: int,
    size: int,
    scaled: Array,
    sums: Array,
) -> None:
    """Add length along to `x`, subtract length moved from `rest`; its 1-norm a block to `sums`.

    Writes factor x rest to `scaled`, of single precision.
    """
    for b in range(first, last):
        low, high = margin + b * WIDTH, margin + min((b + 1) * WIDTH, size)
        here, left, way, image = x[low:high], rest[low:high], along[low:high], moved[low:high]
        single = scaled[low:high]
        total = 0.0
        for i in range(high - low):
            here[i] += length * way[i]
            left[i] -= length * image[i]
            single[i] = factor * left[i]
            total += abs(left[i])
        sums[b] = total


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
