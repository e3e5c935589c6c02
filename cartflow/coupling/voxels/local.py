"""The linear systems of a step: a small matrix in every voxel, bordered by the body.

1/(g h) - A of the tissue holds losses and the kinetics' Jacobian, cell by cell, and no transport,
which is slow against the step. So cells are eliminated side by side, a block of them at a time.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.core.pointers import call
from cartflow.coupling.line.arrays import Body
from cartflow.coupling.line.band import factorise_dense
from cartflow.coupling.line.ways import prepare_body
from cartflow.coupling.voxels.arrays import Plan, Room

Array = np.ndarray


@fused
def prepare(plan: Plan, over: float, u: Array, w: Room) -> int:
    """Factorise 1/(g h) - A at densities `u`; `over` is 1/(g h).

    Returns a species that grows so fast that the step would damp it, or -1.
    """
    cells, width = u.shape[1], w.inside.shape[1]
    prepare_body(plan.body.rates, plan.body.node, over, w.ways, w.dense, w.drained)
    w.returned[:] = 0.0
    for start in range(0, cells, width):
        stop = min(start + width, cells)
        slopes_of(plan, u, start, stop, w)
        _enter(plan, over, start, stop, w)
        beyond = eliminate_locally(w.local, start, stop)
        if beyond >= 0:
            return beyond
        _arrive(plan.body, start, stop, w)
    _prepare_door(plan.body, w)
    return -1


@fused
def slopes_of(plan: Plan, u: Array, start: int, stop: int, w: Room) -> None:
    """Write the slopes of all rates in a block of cells."""
    width = w.inside.shape[1]
    for s in range(u.shape[0]):
        for c in range(start, stop):
            # A stage may dip below zero, where roots and powers have no value.
            w.inside[s, c - start] = u[s, c] if u[s, c] > 0.0 else 0.0
    if w.slopes.shape[0] > 0:
        arguments = (w.inside, width, plan.kinetics.parameters, 0, stop - start, w.slopes, width)
        call(plan.code.slopes, arguments)


@fused
def _enter(plan: Plan, over: float, start: int, stop: int, w: Room) -> None:
    """Write the matrices of a block: 1/(g h), losses, and the slopes of the rates."""
    stoichiometry, driven = plan.kinetics.stoichiometry, plan.code.driven
    species = w.local.shape[0]
    for s in range(species):
        for j in range(species):
            for c in range(start, stop):
                w.local[s, j, c] = over if s == j else 0.0
        row = plan.fields.local[s]
        if row >= 0:
            for c in range(start, stop):
                w.local[s, s, c] += plan.fields.loss[row, c]
    for d in range(driven.shape[0]):
        r, j = driven[d, 0], driven[d, 1]
        slope = w.slopes[r * species + j]
        for s in range(species):
            number = stoichiometry[s, r]
            if number != 0.0:
                for c in range(start, stop):
                    w.local[s, j, c] -= number * slope[c - start]


@fused
def eliminate_locally(local: Array, start: int, stop: int) -> int:
    """Factorise the matrices (species, species, cells) of a block in place, diagonals inverted.

    Without swaps: what couples species is small against the diagonal, or the step is refused.
    Returns the first species with a pivot that is not positive in some cell, or -1.
    """
    # Rows are taken out of the array: only of them a compiler knows that numbers lie side by side.
    for k in range(local.shape[0]):
        pivots, least = local[k, k, start:stop], np.inf
        for c in range(pivots.size):
            least = min(least, pivots[c])
            pivots[c] = 1.0 / pivots[c]
        if not least > 0.0:
            return k
        for i in range(k + 1, local.shape[0]):
            factors = local[i, k, start:stop]
            for c in range(factors.size):
                factors[c] *= pivots[c]
            for j in range(k + 1, local.shape[0]):
                _subtract(local[i, j, start:stop], factors, local[k, j, start:stop])
    return -1


@fused
def solve_locally(local: Array, x: Array, start: int, stop: int) -> None:
    """Solve a block of `x` (species, cells) in place with the factors of `eliminate_locally`."""
    species = local.shape[0]
    for i in range(1, species):
        for k in range(i):
            _subtract(x[i, start:stop], local[i, k, start:stop], x[k, start:stop])
    for i in range(species - 1, -1, -1):
        here, pivots = x[i, start:stop], local[i, i, start:stop]
        for k in range(i + 1, species):
            _subtract(here, local[i, k, start:stop], x[k, start:stop])
        for c in range(here.size):
            here[c] *= pivots[c]


@fused
def _subtract(values: Array, a: Array, b: Array) -> None:
    for c in range(values.size):
        values[c] -= a[c] * b[c]


@fused
def _arrive(body: Body, start: int, stop: int, w: Room) -> None:
    """Write what a block answers to cells handed over, and add what of it leaves again."""
    for p in range(body.products.size):
        for s in range(w.local.shape[0]):
            arrived = w.arrived[p, s, start:stop]
            for c in range(arrived.size):
                arrived[c] = body.arrival[start + c] if s == body.products[p] else 0.0
        solve_locally(w.local, w.arrived[p], start, stop)
        for q in range(body.products.size):
            w.returned[q, p] += leaving(body, q, w.arrived[p], start, stop)


@fused
def _prepare_door(body: Body, w: Room) -> None:
    """Factorise what couples tissue and body: 1 - (what returns of one cell handed over)."""
    again = onward(body, w.drained)
    for p in range(w.through.size):
        for q in range(w.through.size):
            w.door[q, p] = -again * w.returned[q, p]
        w.door[p, p] += 1.0
    factorise_dense(w.door, w.door_pivots)


@fused
def onward(body: Body, cells: Array) -> float:
    """Return what the vessels hand over of `cells` (compartments,), per day."""
    total = 0.0
    for j in range(cells.size):
        total += body.onward[j] * cells[j]
    return total


@fused
def leaving(body: Body, p: int, x: Array, start: int, stop: int) -> float:
    """Return what egress takes of product p in a block at densities `x` (species, cells), a day."""
    values, rates = x[body.products[p], start:stop], body.egress[p, start:stop]
    return summed_product(values, rates)


@summing
def summed_product(a: Array, b: Array) -> float:
    """Return the sum of products."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total
