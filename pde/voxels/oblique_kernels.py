"""Compiled loops over faces that lie obliquely between two cells (see `pde.operators.oblique`)."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.pde.lines.kernels import limited

Array = np.ndarray


@fused
def add_along(
    u: Array,
    at_vertices: Array,
    begins: Array,
    vertices: Array,
    shares: Array,
    sides: tuple[Array, Array, Array],
    exchange: Array,
    most: float,
    out: Array,
) -> None:
    """Add to `out` (axes, cells) what the gradient along each face carries out of its owner.

    The slope along face f is the sum of `shares` of the values `at_vertices` from ``begins[f]``
    on; `sides` are owner, neighbour and axis of faces; it takes at most `most` of a cell's value.
    """
    owner, neighbour, axis = sides
    for f in range(owner.size):
        c, n, a = owner[f], neighbour[f], axis[f]
        added = 0.0
        for k in range(begins[f], begins[f + 1]):
            added += shares[k] * at_vertices[vertices[k]]
        added = min(max(added, -most * max(u[c], 0.0)), most * max(u[n], 0.0))
        out[a, c] -= exchange[a, c] * added


@fused
def carry(
    u: Array,
    flow: Array,
    gradients: Array,
    apart: Array,
    sides: tuple[Array, Array, Array],
    out: Array,
) -> None:
    """Write `flow` (faces; mm^3/day from owner to neighbour) times the upwind value to `out`.

    The value has a limited slope (see `upwind_values`) from `gradients` (d, cells) and the way
    `apart` (faces, d).
    """
    owner, neighbour, axis = sides
    for f in range(owner.size):
        c, n = owner[f], neighbour[f]
        near, beyond, sign = (c, n, 1.0) if flow[f] >= 0.0 else (n, c, -1.0)
        along = 0.0
        for d in range(apart.shape[1]):
            along += sign * apart[f, d] * gradients[d, near]
        before = min(2.0 * along - (u[beyond] - u[near]), u[near])
        out[axis[f], c] = flow[f] * limited(u[near] - before, u[near], u[beyond])
