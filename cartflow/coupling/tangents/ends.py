"""How the state changes with numbers of a study where what is below zero is filled up."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import in_place, part_in_place
from cartflow.core.dual import SMALL
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.ends import filled, nonnegative, shared
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.tangents.changes import Changes
from cartflow.coupling.tangents.lanes import Lanes, weighed

Array = np.ndarray


@part_in_place
def new_slopes(
    plan: Plan,
    changes: Changes,
    weights: Array,
    u: Array,
    body: Array,
    start: Array,
    start_body: Array,
    floor: Array,
    w: Room,
    t: Lanes,
) -> None:
    """Write the state by the stages' `weights` to `w.u` and `w.body`, its slopes to `t`.

    `start` and `start_body` are the slopes of `u` and `body`. Where the run fills up what is below
    zero, dual numbers go the same way, one number of the study after the other.
    """
    combined(weights, weights.size, u, body, w)
    weighed(weights, weights.size, start, t.k, t.u)
    weighed(weights, weights.size, start_body, t.kb, t.body)
    for s in range(u.shape[0]):
        if _any_below_zero(w.u[s]):
            _fill(plan, changes, s, floor[s], w, t)
    for p in range(body.shape[0]):
        if _any_below_zero(w.body[p]):
            _share(floor[plan.body.products[p]], w.body[p], t.body[p], t.dual_body)
    nonnegative(plan, floor, w)


@in_place
def _any_below_zero(values: Array) -> bool:
    below = False
    for q in range(values.size):
        below = below or values[q] < 0.0
    return below


@in_place
def _fill(plan: Plan, changes: Changes, s: int, floor: float, w: Room, t: Lanes) -> None:
    species, cells = w.u.shape
    held = t.dual_held
    for q in range(t.u.shape[1]):
        for c in range(cells):
            held[c] = plan.mesh.held[s, c]
            t.inside[s, c] = complex(w.u[s, c], SMALL * t.u[c * species + s, q])
            if changes.held.shape[0] > 0:
                held[c] = complex(plan.mesh.held[s, c], SMALL * changes.held[s, c, q])
        filled(t.inside[s], held, floor, w)
        for c in range(cells):
            t.u[c * species + s, q] = t.inside[s, c].imag / SMALL


@in_place
def _share(floor: float, cells: Array, slopes: Array, dual: Array) -> None:
    for q in range(slopes.shape[1]):
        for k in range(cells.size):
            dual[k] = complex(cells[k], SMALL * slopes[k, q])
        shared(dual, floor)
        for k in range(cells.size):
            slopes[k, q] = dual[k].imag / SMALL
