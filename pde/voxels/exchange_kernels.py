"""Compiled loops over a block of equal voxels: what diffusion and drift carry between them."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused

Array = np.ndarray


@fused
def add_uniform(u: Array, rates: Array, shape: Array, start: int, out: Array) -> None:
    """Add diffusion on a whole grid to `out`, for the rows that begin at cell `start`."""
    planes, rows, width = shape
    for k in range(out.size // width):
        first = start + k * width
        row, plane = (first // width) % rows, first // (width * rows)
        here = u[first : first + width]
        low = first - width if row > 0 else first
        high = first + width if row < rows - 1 else first
        near = first - width * rows if plane > 0 else first
        far = first + width * rows if plane < planes - 1 else first
        south, north = u[low : low + width], u[high : high + width]
        front, back = u[near : near + width], u[far : far + width]
        target = out[k * width : (k + 1) * width]
        if planes > 1:
            for i in range(width):
                target[i] += rates[1] * ((south[i] - here[i]) + (north[i] - here[i])) + rates[0] * (
                    (front[i] - here[i]) + (back[i] - here[i])
                )
        else:
            for i in range(width):
                target[i] += rates[1] * ((south[i] - here[i]) + (north[i] - here[i]))
        for i in range(1, width - 1):
            target[i] += rates[2] * ((here[i - 1] - here[i]) + (here[i + 1] - here[i]))
        if width > 1:
            target[0] += rates[2] * (here[1] - here[0])
            target[width - 1] += rates[2] * (here[width - 2] - here[width - 1])


@fused
def add_placed(u: Array, rates: Array, shape: Array, start: int, out: Array) -> None:
    """As `add_uniform`, with the `rates` (3, slab + cells) of `faces_of_grid.grid_rates`."""
    planes, rows, width = shape
    slab = width * rows if planes > 1 else width
    for k in range(out.size // width):
        first = start + k * width
        row, plane = (first // width) % rows, first // (width * rows)
        here, face = u[first : first + width], slab + first
        target = out[k * width : (k + 1) * width]
        low = first - width if row > 0 else first
        high = first + width if row < rows - 1 else first
        south, north = u[low : low + width], u[high : high + width]
        axis = 1 if planes > 1 else 0
        ahead, behind = rates[axis, face : face + width], rates[axis, face - width : face]
        for i in range(width):
            target[i] += behind[i] * (south[i] - here[i]) + ahead[i] * (north[i] - here[i])
        if planes > 1:
            near = first - slab if plane > 0 else first
            far = first + slab if plane < planes - 1 else first
            front, back = u[near : near + width], u[far : far + width]
            ahead, behind = rates[0, face : face + width], rates[0, first : first + width]
            for i in range(width):
                target[i] += behind[i] * (front[i] - here[i]) + ahead[i] * (back[i] - here[i])
        along = rates[2, face : face + width]
        for i in range(width - 1):
            passed = along[i] * (here[i + 1] - here[i])
            target[i] += passed
            target[i + 1] -= passed


@fused
def add_indexed(
    u: Array,
    exchange: Array,
    ahead: Array,
    behind: Array,
    volumes: Array,
    start: int,
    out: Array,
) -> None:
    """Add diffusion with `exchange` (axes, cells) through the face ahead of each cell."""
    if ahead.shape[0] == 3:
        _add_indexed_in_space(u, exchange, ahead, behind, volumes, start, out)
        return
    for a in range(ahead.shape[0]):
        nexts, befores = ahead[a, start : start + out.size], behind[a, start : start + out.size]
        forward = exchange[a, start : start + out.size]
        here = u[start : start + out.size]
        for i in range(out.size):
            n, b = np.uint32(nexts[i]), np.uint32(befores[i])
            across = forward[i] * (u[n] - here[i]) + exchange[a, b] * (u[b] - here[i])
            out[i] += across / volumes[start + i]


@fused
def _add_indexed_in_space(
    u: Array,
    exchange: Array,
    ahead: Array,
    behind: Array,
    volumes: Array,
    start: int,
    out: Array,
) -> None:
    """As `add_indexed`, in one loop over three axes."""
    # An index that may be negative would be looked at for that.
    stop = start + out.size
    n0, n1, n2 = ahead[0, start:stop], ahead[1, start:stop], ahead[2, start:stop]
    b0, b1, b2 = behind[0, start:stop], behind[1, start:stop], behind[2, start:stop]
    e0, e1, e2 = exchange[0], exchange[1], exchange[2]
    f0, f1, f2 = e0[start:stop], e1[start:stop], e2[start:stop]
    here, held = u[start:stop], volumes[start:stop]
    for i in range(out.size):
        x = here[i]
        p, q, r = np.uint32(b0[i]), np.uint32(b1[i]), np.uint32(b2[i])
        across = f0[i] * (u[np.uint32(n0[i])] - x) + e0[p] * (u[p] - x)
        across += f1[i] * (u[np.uint32(n1[i])] - x) + e1[q] * (u[q] - x)
        across += f2[i] * (u[np.uint32(n2[i])] - x) + e2[r] * (u[r] - x)
        out[i] += across / held[i]


@fused
def add_arms(
    u: Array,
    begin: Array,
    to: Array,
    exchange: Array,
    volumes: Array,
    start: int,
    out: Array,
) -> None:
    """Add diffusion along the arms of each cell (see `laid_out.Fields`)."""
    for i in range(out.size):
        c = start + i
        here, across = u[c], 0.0
        for k in range(begin[c], begin[c + 1]):
            across += exchange[k] * (u[to[k]] - here)
        out[i] += across / volumes[c]


@fused
def add_drift(flux: Array, behind: Array, volumes: Array, start: int, out: Array) -> None:
    """Subtract the divergence of `flux` (axes, cells) through the face ahead of each cell."""
    for a in range(behind.shape[0]):
        for i in range(out.size):
            c = start + i
            net = flux[a, behind[a, c]] if behind[a, c] != c else 0.0
            out[i] += (net - flux[a, c]) / volumes[c]
