"""The linear systems of the stages: the mesh by bands, bordered by the body.

(1/(g h) - J) of mesh and body has the mesh's band T, the body's D, and two couplings of rank one
a product: what the vessels hand over arrives in the mesh, what egress takes drains into the node.
With w = T^-1 arrival and d = D^-1 node, the cells handed over solve a system as large as there
are products.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import in_place, part_in_place
from cartflow.core.dual import positive, ratio
from cartflow.core.pointers import call
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.balance import row_scales
from cartflow.coupling.line.band import (
    factorise_dense,
    factorise_scaled,
    solve,
    solve_dense,
    width_of,
)
from cartflow.coupling.line.room import Room
from cartflow.coupling.line.transport import enter_transport
from cartflow.coupling.line.ways import prepare_body, solve_along

Array = np.ndarray


@part_in_place
def rates_at(plan: Plan, u: Array, out: Array, w: Room) -> None:
    """Write the events of all reactions per mm3 of tissue and day at `u` to `out`."""
    kinetics = plan.kinetics
    species, cells = u.shape
    if kinetics.stoichiometry.shape[1] == 0:
        return
    # A stage may dip below zero, where roots and powers have no value.
    for s in range(species):
        for c in range(cells):
            w.inside[s, c] = positive(u[s, c])
    call(kinetics.rates, (w.inside, cells, kinetics.parameters, 0, cells, out, cells))
    for r in range(kinetics.weight.shape[0]):
        for c in range(cells):
            out[r, c] *= kinetics.weight[r, c]


@part_in_place
def prepare(plan: Plan, over: float, u: Array, w: Room) -> None:
    """Factorise 1/(g h) - J at densities `u`; `over` is 1/(g h)."""
    enter_tissue(plan, over, u, w)
    enter_transport(plan.mesh, plan.drift, u, w.band)
    row_scales(w.band, w.entries, w.largest, w.units, w.scale)
    factorise_scaled(w.band, w.pivots, w.scale, w.reach)
    prepare_body(plan.body.rates, plan.body.node, over, w.ways, w.dense, w.drained)
    _prepare_door(plan, w)


@part_in_place
def enter_tissue(plan: Plan, over: float, u: Array, w: Room) -> None:
    """Write what is local of the mesh's matrix: 1/(g h), losses, and the slopes of the rates."""
    mesh, kinetics = plan.mesh, plan.kinetics
    species, cells = u.shape
    width = width_of(w.band)
    for row in range(w.band.shape[0]):
        for k in range(w.band.shape[1]):
            w.band[row, k] = 0.0
    for c in range(cells):
        for s in range(species):
            w.band[c * species + s, width] = over + ratio(mesh.loss[s, c], mesh.storage[s, c])
    if kinetics.stoichiometry.shape[1] == 0:
        return
    for s in range(species):
        for c in range(cells):
            w.inside[s, c] = positive(u[s, c])
    call(kinetics.slopes, (w.inside, cells, kinetics.parameters, 0, cells, w.slopes, cells))
    for d in range(kinetics.driven.shape[0]):
        r, j = kinetics.driven[d, 0], kinetics.driven[d, 1]
        for c in range(cells):
            w.slopes[r * species + j, c] *= kinetics.weight[r, c]
        for s in range(species):
            count = kinetics.stoichiometry[s, r]
            if count != 0.0:
                for c in range(cells):
                    row = c * species + s
                    slope = count * w.slopes[r * species + j, c]
                    w.band[row, j - s + width] -= ratio(slope, mesh.storage[s, c])


@part_in_place
def _prepare_door(plan: Plan, w: Room) -> None:
    """Factorise what couples mesh and body: 1 - (what returns of one cell handed over)."""
    mesh, body = plan.mesh, plan.body
    species, cells = mesh.storage.shape
    products = body.products.size
    again = _onward(plan, w.drained)
    for p in range(products):
        s = body.products[p]
        for k in range(species * cells):
            w.arrived[p, k] = 0.0
        for c in range(cells):
            w.arrived[p, c * species + s] = body.arrival[c] / mesh.storage[s, c]
        solve(w.band, w.pivots, w.scale, w.reach, w.arrived[p])
        for q in range(products):
            w.door[q, p] = -again * _leaving(plan, q, w.arrived[p])
        w.door[p, p] += 1.0
    factorise_dense(w.door, w.door_pivots)


@part_in_place
def solve_stage(plan: Plan, i: int, w: Room) -> None:
    """Solve for stage i: the mesh's right-hand side is in `w.x`, the body's in `w.kb[i]`."""
    body = plan.body
    species, cells = w.u.shape
    products = body.products.size
    solve(w.band, w.pivots, w.scale, w.reach, w.x)
    again = _onward(plan, w.drained)
    for p in range(products):
        solve_along(w.dense, w.ways, w.kb[i, p])
        w.through[p] = _onward(plan, w.kb[i, p]) + again * _leaving(plan, p, w.x)
    solve_dense(w.door, w.door_pivots, w.through)
    for p in range(products):
        for k in range(w.x.size):
            w.x[k] += w.arrived[p, k] * w.through[p]
    for p in range(products):
        out = _leaving(plan, p, w.x)
        for j in range(w.drained.size):
            w.kb[i, p, j] += w.drained[j] * out
    for c in range(cells):
        for s in range(species):
            w.k[i, s, c] = w.x[c * species + s]


@in_place
def _onward(plan: Plan, cells: Array) -> float:
    """Return what the vessels hand over of `cells` (compartments,), per day."""
    total = 0.0
    for j in range(cells.size):
        total += plan.body.onward[j] * cells[j]
    return total


@in_place
def _leaving(plan: Plan, p: int, x: Array) -> float:
    """Return what egress takes of product p at densities `x` (cells x species), per day."""
    species, s, total = plan.mesh.storage.shape[0], plan.body.products[p], 0.0
    for c in range(plan.mesh.volumes.size):
        total += plan.body.egress[p, c] * plan.mesh.volumes[c] * x[c * species + s]
    return total
