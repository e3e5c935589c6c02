"""Steps that a run took, taken again with their tangents beside them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import serial
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.counting import Counts, count
from cartflow.coupling.line.ends import filled, new_state, shared
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.line.saving import Saves, weigh
from cartflow.coupling.line.stages import stages
from cartflow.coupling.line.tableaus import Tableau
from cartflow.coupling.tangents.dual_plan import direction
from cartflow.coupling.tangents.stages import Rooms, tangent_stages

Array = np.ndarray


class Going(NamedTuple):
    """A run as it goes, as dual numbers (directions, ...): tissue, body, supply, and counts."""

    u: Array
    body: Array
    supply: Array
    counts: Counts


class Made(NamedTuple):
    """What there is at the times that were passed and at the end: (times, directions, ...)."""

    u: Array
    body: Array
    counts: Counts


class Part(NamedTuple):
    """So many `days` of a step of `h`, after which the state has the stages by their `weights`."""

    weights: Array
    h: float
    days: float


@serial
def replay(
    real: Plan,
    plans: Plan,
    method: Tableau,
    steps: Array,
    saves: Saves,
    at: Going,
    floor: Array,
    made: Made,
    rooms: Rooms,
) -> None:
    """Take the `steps` (days) again from `at`, and write what there is at the times to save.

    `plans` has all directions (`dual_plans`). The real parts are those of the run, to the bit,
    which needs the same `floor`.
    """
    w, n = rooms.real, 0
    u, body, supply = at.u[0].real.copy(), at.body[0].real.copy(), at.supply[0].real.copy()
    times = made.u.shape[0] - 1
    for step in range(steps.size):
        h = steps[step]
        first = n
        while n < times and saves.step[n] == step:
            if saves.apart[n]:
                share = saves.share[n]
                stages(real, method, share * h, u, body, supply, w)
                for q in range(at.u.shape[0]):
                    plan = direction(plans, q)
                    _stages(real, plan, method, share * h, q, at, rooms)
                    part = Part(method.m, share * h, share * h)
                    _write(plan, method, part, n, q, at, floor, made, rooms.dual)
            n += 1
        stages(real, method, h, u, body, supply, w)
        for q in range(at.u.shape[0]):
            plan = direction(plans, q)
            _stages(real, plan, method, h, q, at, rooms)
            for k in range(first, n):
                if not saves.apart[k]:
                    weigh(method, saves.share[k], w.weights)
                    part = Part(w.weights, h, saves.share[k] * h)
                    _write(plan, method, part, k, q, at, floor, made, rooms.dual)
            _state(plan, method.m, at.u[q], at.body[q], floor, rooms.dual)
            at.u[q] = rooms.dual.u
            at.body[q] = rooms.dual.body
            count(plan, method, method.m, h, h, _counts(at.counts, q), rooms.dual)
        new_state(real, method, u, body, floor, w)
        u[:] = w.u
        body[:] = w.body
        for q in range(at.u.shape[0]):
            _set_real(u, at.u[q])
            _set_real(body, at.body[q])
    made.u[times] = at.u
    made.body[times] = at.body
    for i in range(len(made.counts)):
        made.counts[i][times] = at.counts[i]


@serial
def _stages(
    real: Plan, plan: Plan, method: Tableau, h: float, q: int, at: Going, rooms: Rooms
) -> None:
    tangent_stages(real, plan, method, h, at.u[q], at.body[q], at.supply[q], rooms)


@serial
def _write(
    plan: Plan,
    method: Tableau,
    part: Part,
    n: int,
    q: int,
    at: Going,
    floor: Array,
    made: Made,
    w: Room,
) -> None:
    """Write what there is in direction q at the n-th time, after `part` of a step."""
    _state(plan, part.weights, at.u[q], at.body[q], floor, w)
    made.u[n, q] = w.u
    made.body[n, q] = w.body
    counts = made.counts
    for i in range(len(counts)):
        counts[i][n, q] = at.counts[i][q]
    mine = Counts(
        counts.forwards[n, q],
        counts.reverse[n, q],
        counts.egress[n, q],
        counts.came[n, q],
        counts.went[n, q],
    )
    count(plan, method, part.weights, part.h, part.days, mine, w)


@serial
def _counts(counts: Counts, q: int) -> Counts:
    return Counts(
        counts.forwards[q], counts.reverse[q], counts.egress[q], counts.came[q], counts.went[q]
    )


@serial
def _state(plan: Plan, weights: Array, u: Array, body: Array, floor: Array, w: Room) -> None:
    """Write the state by the stages' `weights` to `w.u` and `w.body`, filled as the run's was."""
    combined(weights, weights.size, u, body, w)
    for s in range(u.shape[0]):
        filled(w.u[s], plan.mesh.held[s], floor[s], w)
    for p in range(body.shape[0]):
        shared(w.body[p], floor[plan.body.products[p]])


@serial
def _set_real(values: Array, duals: Array) -> None:
    """Give dual numbers the real parts `values`; both have two dimensions."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            duals[i, j] = complex(values[i, j], duals[i, j].imag)
