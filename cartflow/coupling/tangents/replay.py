"""Steps that a run took, taken again with their tangents beside them."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import serial
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.ends import Counts, count, filled, new_state, shared
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.line.stages import stages
from cartflow.coupling.line.tableaus import Tableau
from cartflow.coupling.tangents.dual_plan import direction
from cartflow.coupling.tangents.stages import Rooms, tangent_stages

Array = np.ndarray


@serial
def replay(
    real: Plan,
    plans: Plan,
    method: Tableau,
    steps: Array,
    u: Array,
    body: Array,
    supply: Array,
    floor: Array,
    counts: Counts,
    rooms: Rooms,
) -> None:
    """Take the `steps` (days) again from dual `u`, `body` (directions, ...), in place.

    `plans` has all directions (`dual_plans`); `supply` is dual, `counts` gets what is counted.
    The real parts are those of the run, to the bit, which needs the same `floor`.
    """
    w = rooms.real
    at, cells = u[0].real.copy(), body[0].real.copy()
    flow = supply[0].real.copy()
    for n in range(steps.size):
        h = steps[n]
        stages(real, method, h, at, cells, flow, w)
        for q in range(u.shape[0]):
            plan = direction(plans, q)
            tangent_stages(real, plan, method, h, u[q], body[q], supply[q], rooms)
            _dual_state(plan, method, u[q], body[q], floor, rooms.dual)
            mine = Counts(
                counts.forwards[q],
                counts.reverse[q],
                counts.egress[q],
                counts.came[q],
                counts.went[q],
            )
            count(plan, method, h, mine, rooms.dual)
        new_state(real, method, at, cells, floor, w)
        for s in range(at.shape[0]):
            for c in range(at.shape[1]):
                at[s, c] = w.u[s, c]
        for p in range(cells.shape[0]):
            for k in range(cells.shape[1]):
                cells[p, k] = w.body[p, k]
        for q in range(u.shape[0]):
            _set_real(at, u[q])
            _set_real(cells, body[q])


@serial
def _dual_state(plan: Plan, method: Tableau, u: Array, body: Array, floor: Array, w: Room) -> None:
    """Write the state after a step to `u` and `body`, filled up as the run's was."""
    combined(method.m, method.m.size, u, body, w)
    for s in range(u.shape[0]):
        filled(w.u[s], plan.mesh.held[s], floor[s], w)
        for c in range(u.shape[1]):
            u[s, c] = w.u[s, c]
    for p in range(body.shape[0]):
        shared(w.body[p], floor[plan.body.products[p]])
        for k in range(body.shape[1]):
            body[p, k] = w.body[p, k]


@serial
def _set_real(values: Array, duals: Array) -> None:
    """Give dual numbers the real parts `values`; both have two dimensions."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            duals[i, j] = complex(values[i, j], duals[i, j].imag)
