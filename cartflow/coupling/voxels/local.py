"""The linear systems of a step: a small matrix in every voxel, bordered by the body.

1/(g h) - A of the tissue holds losses and the kinetics' Jacobian, cell by cell, and no transport,
which is slow against the step. So all cells are eliminated side by side.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_in_place, in_place
from cartflow.core.pointers import call
from cartflow.coupling.line.band import factorise_dense, solve_dense
from cartflow.coupling.line.ways import eliminate, solve_along
from cartflow.coupling.voxels.arrays import Plan, Room

Array = np.ndarray


@in_place
def prepare(plan: Plan, over: float, u: Array, w: Room) -> int:
    """Factorise 1/(g h) - A at densities `u`; `over` is 1/(g h).

    Returns a species that grows so fast that the step would damp it, or -1.
    """
    _enter(plan, over, u, w)
    beyond = eliminate_locally(w.local)
    _prepare_body(plan, over, w)
    _prepare_door(plan, w)
    return beyond


@fused_in_place
def _enter(plan: Plan, over: float, u: Array, w: Room) -> None:
    """Write every cell's matrix: 1/(g h), losses, and the slopes of the rates."""
    kinetics = plan.kinetics
    species, cells = u.shape
    for s in range(species):
        for j in range(species):
            for c in range(cells):
                w.local[s, j, c] = 0.0
        for c in range(cells):
            w.local[s, s, c] = over
            w.inside[s, c] = u[s, c] if u[s, c] > 0.0 else 0.0
        if plan.fields.local[s] >= 0:
            for c in range(cells):
                w.local[s, s, c] += plan.fields.loss[plan.fields.local[s], c]
    if kinetics.stoichiometry.shape[1] == 0:
        return
    call(kinetics.slopes, (w.inside, cells, kinetics.parameters, 0, cells, w.slopes, cells))
    for d in range(kinetics.driven.shape[0]):
        r, j = kinetics.driven[d, 0], kinetics.driven[d, 1]
        for s in range(species):
            number = kinetics.stoichiometry[s, r]
            if number != 0.0:
                for c in range(cells):
                    w.local[s, j, c] -= number * w.slopes[r * species + j, c]


@fused_in_place
def eliminate_locally(local: Array) -> int:
    """Factorise every cell's matrix (species, species, cells) in place; the diagonal is inverted.

    Without swaps: what couples species is small against the diagonal, or the step is refused.
    Returns the first species with a pivot that is not positive in some cell, or -1.
    """
    species, cells = local.shape[0], local.shape[2]
    beyond = -1
    for k in range(species):
        least = np.inf
        for c in range(cells):
            least = local[k, k, c] if local[k, k, c] < least else least
            local[k, k, c] = 1.0 / local[k, k, c]
        if not least > 0.0 and beyond < 0:
            beyond = k
        for i in range(k + 1, species):
            for c in range(cells):
                local[i, k, c] *= local[k, k, c]
            for j in range(k + 1, species):
                for c in range(cells):
                    local[i, j, c] -= local[i, k, c] * local[k, j, c]
    return beyond


@fused_in_place
def solve_locally(local: Array, x: Array) -> None:
    """Solve in place for `x` (species, cells) with the factors of `eliminate_locally`."""
    species, cells = x.shape
    for i in range(1, species):
        for k in range(i):
            for c in range(cells):
                x[i, c] -= local[i, k, c] * x[k, c]
    for i in range(species - 1, -1, -1):
        for k in range(i + 1, species):
            for c in range(cells):
                x[i, c] -= local[i, k, c] * x[k, c]
        for c in range(cells):
            x[i, c] *= local[i, i, c]


@in_place
def _prepare_body(plan: Plan, over: float, w: Room) -> None:
    """Factorise the body's 1/(g h) - J, the same for every product."""
    body = plan.body
    n = body.onward.size
    for i in range(n):
        for j in range(n):
            w.dense[i, j] = -body.rates[i, j]
        w.dense[i, i] += over
        w.drained[i] = 0.0
    if n > 0:
        eliminate(w.dense, w.ways)
        w.drained[body.node] = 1.0
        solve_along(w.dense, w.ways, w.drained)


@in_place
def _prepare_door(plan: Plan, w: Room) -> None:
    """Factorise what couples tissue and body: 1 - (what returns of one cell handed over)."""
    body = plan.body
    products = body.products.size
    again = onward(plan, w.drained)
    for p in range(products):
        for s in range(w.u.shape[0]):
            for c in range(w.u.shape[1]):
                w.arrived[p, s, c] = 0.0
        for c in range(w.u.shape[1]):
            w.arrived[p, body.products[p], c] = body.arrival[c]
        solve_locally(w.local, w.arrived[p])
        for q in range(products):
            w.door[q, p] = -again * leaving(plan, q, w.arrived[p])
        w.door[p, p] += 1.0
    factorise_dense(w.door, w.door_pivots)


@fused_in_place
def solve_stage(plan: Plan, i: int, w: Room) -> None:
    """Solve for stage i: the tissue's right-hand side is in `w.f`, the body's in `w.kb[i]`."""
    products = plan.body.products.size
    solve_locally(w.local, w.f)
    again = onward(plan, w.drained)
    for p in range(products):
        solve_along(w.dense, w.ways, w.kb[i, p])
        w.through[p] = onward(plan, w.kb[i, p]) + again * leaving(plan, p, w.f)
    solve_dense(w.door, w.door_pivots, w.through)
    species, cells = w.f.shape
    for s in range(species):
        for c in range(cells):
            w.k[i, s, c] = w.f[s, c]
        for p in range(products):
            for c in range(cells):
                w.k[i, s, c] += w.arrived[p, s, c] * w.through[p]
    for p in range(products):
        out = leaving(plan, p, w.k[i])
        for j in range(w.drained.size):
            w.kb[i, p, j] += w.drained[j] * out


@in_place
def onward(plan: Plan, cells: Array) -> float:
    """Return what the vessels hand over of `cells` (compartments,), per day."""
    total = 0.0
    for j in range(cells.size):
        total += plan.body.onward[j] * cells[j]
    return total


@in_place
def leaving(plan: Plan, p: int, x: Array) -> float:
    """Return what egress takes of product p at densities `x` (species, cells), per day."""
    s, total = plan.body.products[p], 0.0
    for c in range(x.shape[1]):
        total += plan.body.egress[p, c] * x[s, c]
    return total
