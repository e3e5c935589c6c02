"""The linear systems of a step's stages, solved for the slopes to many numbers at once."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_in_place, fused_part_in_place
from cartflow.core.rows import add_scaled, scaled
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.band import width_of
from cartflow.coupling.line.room import Room
from cartflow.coupling.line.ways import Ways
from cartflow.coupling.tangents.lanes import Lanes, clear

Array = np.ndarray


@fused_part_in_place
def solve_stage(plan: Plan, i: int, w: Room, t: Lanes) -> None:
    """Solve for the slopes of stage i, in place (see `line.elimination.solve_stage`)."""
    body, x = plan.body, t.k[i]
    products = body.products.size
    solve(w.band, w.pivots, w.scale, w.reach, x)
    again = 0.0
    for j in range(body.onward.size):
        again += body.onward[j] * w.drained[j]
    for p in range(products):
        solve_along(w.dense, w.ways, t.kb[i, p])
        clear(t.through[p])
        for j in range(body.onward.size):
            if body.onward[j] != 0.0:
                add_scaled(t.through, p, body.onward[j], t.kb, (i, p, j))
        _leaving(plan, p, x, t.total)
        add_scaled(t.through, p, again, t.total, 0)
    _solve_dense(w.door, w.door_pivots, t.through)
    for p in range(products):
        for k in range(x.shape[0]):
            add_scaled(x, k, w.arrived[p, k], t.through, p)
    for p in range(products):
        _leaving(plan, p, x, t.total)
        for j in range(w.drained.size):
            if w.drained[j] != 0.0:
                add_scaled(t.kb, (i, p, j), w.drained[j], t.total, 0)


@fused_in_place
def _leaving(plan: Plan, p: int, x: Array, out: Array) -> None:
    """Write what egress takes of product p at densities `x`, per day."""
    species, s = plan.mesh.storage.shape[0], plan.body.products[p]
    clear(out)
    for c in range(plan.mesh.volumes.size):
        taken = plan.body.egress[p, c] * plan.mesh.volumes[c]
        add_scaled(out, 0, taken, x, c * species + s)


@fused_in_place
def solve(band: Array, pivots: Array, scale: Array, reach: Array, x: Array) -> None:
    """Solve in place for many right-hand sides (unknowns, numbers), as `line.band.solve`."""
    n, width = band.shape[0], width_of(band)
    for k in range(n):
        scaled(x, k, scale[k], x, k)
    for k in range(n):
        p = pivots[k]
        if p != k:
            _exchange(x, p, k)
        for i in range(k + 1, min(k + width, n - 1) + 1):
            add_scaled(x, i, -band[i, np.uint64(k - i + width)], x, k)
    for k in range(n - 1, -1, -1):
        for j in range(reach[k], 0, -1):
            add_scaled(x, k, -band[k, np.uint64(width + j)], x, k + j)
        scaled(x, k, band[k, width], x, k)


@fused_in_place
def solve_along(matrix: Array, ways: Ways, x: Array) -> None:
    """Solve in place for many right-hand sides, as `line.ways.solve_along`."""
    for n in range(ways.order.size):
        k = ways.order[n]
        for a in range(ways.below_from[n], ways.below_from[n + 1]):
            i = ways.below[a]
            add_scaled(x, i, -matrix[i, k], x, k)
    for n in range(ways.order.size - 1, -1, -1):
        k = ways.order[n]
        for b in range(ways.beside_from[n], ways.beside_from[n + 1]):
            j = ways.beside[b]
            add_scaled(x, k, -matrix[k, j], x, j)
        scaled(x, k, matrix[k, k], x, k)


@fused_in_place
def _solve_dense(matrix: Array, pivots: Array, x: Array) -> None:
    """Solve in place for many right-hand sides, as `line.band.solve_dense`."""
    n = matrix.shape[0]
    for k in range(n):
        if pivots[k] != k:
            _exchange(x, k, pivots[k])
    for k in range(n):
        for j in range(k):
            add_scaled(x, k, -matrix[k, j], x, j)
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            add_scaled(x, k, -matrix[k, j], x, j)
        scaled(x, k, 1.0 / matrix[k, k], x, k)


@fused_in_place
def _exchange(x: Array, k: int, p: int) -> None:
    for q in range(x.shape[1]):
        x[k, q], x[p, q] = x[p, q], x[k, q]
