"""Compiled sweeps through the planes of a grid of multigrid (see `box`), in single precision.

What one loop leaves of a plane the next reads while it is in a core's cache: the grid's arrays are
read once before the coarser grid's correction, and once after. Who does a part of the planes
works out two more at either end, from what nobody overwrites, so that every number is the same
whoever does the part. Planes at work stand in rings of three, with a margin of one row.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.pde.voxels.implicit.grid_kernels import add, add_coarse, fold
from cartflow.pde.voxels.implicit.vector_kernels import dot

Array = np.ndarray


@fused
def descend(
    right: Array,
    exchange: Array,
    local: Array,
    inverse: Array,
    near: Array,
    shape: Array,
    factors: Array,
    coarse_shape: Array,
    weights: Array,
    first: int,
    last: int,
    x: Array,
    out: Array,
) -> None:
    """Write two steps of `_smooth` from 0 to `x`; sum what they leave over coarse voxels to `out`.

    Does the coarse planes first to last, and the planes in them.
    """
    far, row = near[0], near[1]
    begin, end = first * factors[0], min(last * factors[0], shape[0])
    started = np.zeros((3, far + 2 * row), dtype=right.dtype)
    smoothed = np.zeros((3, far + 2 * row), dtype=right.dtype)
    rest, total = np.empty(far, dtype=right.dtype), np.empty(far, dtype=right.dtype)
    wide = coarse_shape[1] * coarse_shape[2]
    for z in range(begin - 2, end + 2):
        _start(right, inverse, weights[0], far, row, z, shape[0], started[z % 3])
        if z < begin:
            continue
        new = smoothed[(z - 1) % 3]
        _smooth(
            started[(z - 2) % 3],
            started[(z - 1) % 3],
            started[z % 3],
            right,
            exchange,
            inverse,
            near,
            weights[1],
            z - 1,
            shape[0],
            new[row : row + far],
        )
        if begin < z <= end:
            x[far * z : far * (z + 1)] = new[row : row + far]
        if z - 2 < begin:
            continue
        _rest(
            smoothed[(z - 3) % 3],
            smoothed[(z - 2) % 3],
            new,
            right,
            exchange,
            local,
            near,
            z - 2,
            rest,
        )
        plane, done = (z - 2) // factors[0], (z - 1) % factors[0] == 0 or z - 1 == end
        if (z - 2) % factors[0] == 0:
            total[:] = rest
        else:
            add(rest, total)
        if done:
            fold(total, shape, factors, coarse_shape, out[wide * (plane + 1) : wide * (plane + 2)])


@fused
def ascend(
    coarse: Array,
    x: Array,
    right: Array,
    exchange: Array,
    inverse: Array,
    near: Array,
    shape: Array,
    factors: Array,
    coarse_shape: Array,
    weights: Array,
    rest: Array,
    first: int,
    last: int,
    out: Array,
    sums: Array,
) -> None:
    """Write two steps of `_smooth` from x + `coarse` to `out`, in the planes first to last.

    The products of a plane with `rest`, if it is not empty, go to `sums`.
    """
    far, row = near[0], near[1]
    moved = np.zeros((3, far + 2 * row), dtype=x.dtype)
    smoothed = np.zeros((3, far + 2 * row), dtype=x.dtype)
    for z in range(first - 2, last + 2):
        new = moved[z % 3][row : row + far]
        if 0 <= z < shape[0]:
            new[:] = x[far * (z + 1) : far * (z + 2)]
            add_coarse(coarse, shape, factors, coarse_shape, z, new)
        else:
            new[:] = 0.0
        if z < first:
            continue
        _smooth(
            moved[(z - 2) % 3],
            moved[(z - 1) % 3],
            moved[z % 3],
            right,
            exchange,
            inverse,
            near,
            weights[1],
            z - 1,
            shape[0],
            smoothed[(z - 1) % 3][row : row + far],
        )
        if z - 2 >= first:
            _smooth(
                smoothed[(z - 3) % 3],
                smoothed[(z - 2) % 3],
                smoothed[(z - 1) % 3],
                right,
                exchange,
                inverse,
                near,
                weights[0],
                z - 2,
                shape[0],
                out[far * (z - 1) : far * z],
            )
            if rest.size > 0:
                sums[z - 2] = dot(rest[far * (z - 1) : far * z], out[far * (z - 1) : far * z])


@fused
def only(right: Array, inverse: Array, margin: int, size: int, out: Array) -> None:
    """Write right / diagonal to `out`, the solution on one voxel."""
    for i in range(margin, margin + size):
        out[i] = inverse[i] * right[i]


@fused
def _start(
    right: Array,
    inverse: Array,
    weight: float,
    far: int,
    row: int,
    z: int,
    planes: int,
    out: Array,
) -> None:
    """Do as `_smooth` from x = 0, in the plane `z`; `out` has margins."""
    w, target = np.float32(weight), out[row : row + far]
    if z < 0 or z >= planes:
        target[:] = 0.0
        return
    goal, share = right[far * (z + 1) : far * (z + 2)], inverse[far * (z + 1) : far * (z + 2)]
    for i in range(far):
        target[i] = w * share[i] * goal[i]


@fused
def _smooth(
    below: Array,
    x: Array,
    above: Array,
    right: Array,
    exchange: Array,
    inverse: Array,
    near: Array,
    weight: float,
    z: int,
    planes: int,
    out: Array,
) -> None:
    """Write x + weight (right - A x) / diagonal of plane `z` to `out`; 0 if there is no such plane.

    `inverse` is 1 / diagonal; `below`, `x` and `above` are planes with margins.
    """
    if z < 0 or z >= planes:
        out[:] = 0.0
        return
    w, rest = np.float32(weight), np.float32(1.0 - weight)
    far, row = near[0], near[1]
    low, high = far * (z + 1), far * (z + 2)
    here, goal, share = x[row : row + far], right[low:high], inverse[low:high]
    x1, x2 = above[row : row + far], below[row : row + far]
    x3, x4, x5, x6 = x[2 * row :], x[:far], x[row + 1 :], x[row - 1 : row - 1 + far]
    f1, f2 = exchange[0][low:high], exchange[0][low - far : high - far]
    f3, f4 = exchange[1][low:high], exchange[1][low - row : high - row]
    f5, f6 = exchange[2][low:high], exchange[2][low - 1 : high - 1]
    for i in range(far):
        beside = f1[i] * x1[i] + f2[i] * x2[i] + f3[i] * x3[i]
        beside += f4[i] * x4[i] + f5[i] * x5[i] + f6[i] * x6[i]
        out[i] = rest * here[i] + w * share[i] * (goal[i] + beside)


@fused
def _rest(
    below: Array,
    x: Array,
    above: Array,
    right: Array,
    exchange: Array,
    local: Array,
    near: Array,
    z: int,
    out: Array,
) -> None:
    """Write right - A x of plane `z` to `out`; `below`, `x` and `above` are as in `_smooth`."""
    far, row = near[0], near[1]
    low, high = far * (z + 1), far * (z + 2)
    here, goal, held = x[row : row + far], right[low:high], local[low:high]
    x1, x2 = above[row : row + far], below[row : row + far]
    x3, x4, x5, x6 = x[2 * row :], x[:far], x[row + 1 :], x[row - 1 : row - 1 + far]
    f1, f2 = exchange[0][low:high], exchange[0][low - far : high - far]
    f3, f4 = exchange[1][low:high], exchange[1][low - row : high - row]
    f5, f6 = exchange[2][low:high], exchange[2][low - 1 : high - 1]
    for i in range(far):
        u = here[i]
        flow = f1[i] * (x1[i] - u) + f2[i] * (x2[i] - u) + f3[i] * (x3[i] - u)
        flow += f4[i] * (x4[i] - u) + f5[i] * (x5[i] - u) + f6[i] * (x6[i] - u)
        out[i] = goal[i] - held[i] * u + flow
