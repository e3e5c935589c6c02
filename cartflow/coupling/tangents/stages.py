"""The tangent of a Rosenbrock step: its stages differentiated, with the step as it was.

Stage i solves (1/(g h) - J) u_i = f(y_i) + sum_j c_ij u_j / h. Its derivative to a number solves
the same matrix with the derivative of the right-hand side, and (dJ) u_i beside it: J is that of
the start of the step, where the number changes state and coefficients. What is linear in state
and stage changes with its coefficients by their sum, y_i + u_i.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import fused_part_in_place
from cartflow.core.rows import add_scaled, scaled
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.tangents.changes import Changes
from cartflow.coupling.tangents.drift import add_drift, bend_of
from cartflow.coupling.tangents.events import add_events, events_at, start_slopes
from cartflow.coupling.tangents.lanes import Lanes, add_all, clear, weighed
from cartflow.coupling.tangents.solving import solve_stage

Array = np.ndarray


class Slope(NamedTuple):
    """Slopes of tissue (unknowns, numbers) and body (products, compartments, numbers).

    `supply` is of what goes into the body a day.
    """

    u: Array
    body: Array
    supply: Array


@fused_part_in_place
def tangent_stages(
    plan: Plan,
    changes: Changes,
    method: Tableau,
    h: float,
    u: Array,
    body: Array,
    at: Slope,
    w: Room,
    t: Lanes,
) -> None:
    """Write the slopes of the stages of a step of `h` days from `u` and `body` to `t`.

    The stages are in `w`, with the factors of their matrix.
    """
    bend_of(plan.mesh, plan.drift, changes, u, t)
    start_slopes(plan, changes, u, at.u, w, t)
    for i in range(method.m.size):
        combined(method.a[i], i, u, body, w)
        weighed(method.a[i], i, at.u, t.k, t.u)
        weighed(method.a[i], i, at.body, t.kb, t.body)
        events_at(plan, changes, i, w, t)
        _enter_losses(plan, changes, i, w, t)
        add_events(plan, i, w, t)
        _add_transport(plan, changes, i, at.u, w, t)
        _add_arrivals(plan, changes, i, w, t)
        _divide_by_storage(plan, changes, method, h, i, w, t)
        _body(plan, changes, i, at.supply, w, t)
        _crossings(plan, changes, i, w, t)
        for j in range(i):
            factor = method.c[i, j] / h
            if factor != 0.0:
                add_all(t.k[i], factor, t.k[j])
                add_all(t.kb[i], factor, t.kb[j])
        solve_stage(plan, i, w, t)


@fused_part_in_place
def _enter_losses(plan: Plan, changes: Changes, i: int, w: Room, t: Lanes) -> None:
    """Begin the right-hand sides of stage i with gains and losses, per mm3 of tissue."""
    species, cells = w.u.shape
    for c in range(cells):
        for s in range(species):
            row = c * species + s
            scaled(t.k, (i, row), -plan.mesh.loss[s, c], t.u, row)
            if changes.gain.shape[0] > 0:
                add_scaled(t.k, (i, row), 1.0, changes.gain, row)
            if changes.loss.shape[0] > 0:
                add_scaled(t.k, (i, row), -(w.u[s, c] + w.k[i, s, c]), changes.loss, row)


@fused_part_in_place
def _add_transport(plan: Plan, changes: Changes, i: int, start: Array, w: Room, t: Lanes) -> None:
    """Add diffusion and drift."""
    mesh, drift = plan.mesh, plan.drift
    species, cells = w.u.shape
    for s in range(species):
        for f in range(cells - 1):
            x = mesh.exchange[s, f]
            scaled(t.across, f + 1, x, t.u, f * species + s)
            add_scaled(t.across, f + 1, -x, t.u, (f + 1) * species + s)
            gap = w.u[s, f] + w.k[i, s, f] - w.u[s, f + 1] - w.k[i, s, f + 1]
            if changes.exchange.shape[0] > 0:
                add_scaled(t.across, f + 1, gap, changes.exchange, (s, f))
            w.across[f + 1] = x * gap
        if drift.attractant[s] >= 0:
            add_drift(mesh, drift, changes, i, s, start, w, t)
        for c in range(cells):
            row, over = (i, c * species + s), 1.0 / mesh.volumes[c]
            add_scaled(t.k, row, over, t.across, c)
            add_scaled(t.k, row, -over, t.across, c + 1)
            if changes.volumes.shape[0] > 0:
                came = w.across[c] - w.across[c + 1]
                add_scaled(t.k, row, -over * came, changes.volumes, c)


@fused_part_in_place
def _add_arrivals(plan: Plan, changes: Changes, i: int, w: Room, t: Lanes) -> None:
    """Add what the vessels hand over."""
    body, species = plan.body, w.u.shape[0]
    for p in range(body.products.size):
        came = 0.0
        clear(t.total)
        for j in range(body.onward.size):
            if body.onward[j] != 0.0:
                add_scaled(t.total, 0, body.onward[j], t.body, (p, j))
            cells = w.body[p, j] + w.kb[i, p, j]
            came += body.onward[j] * cells
            if changes.onward.shape[0] > 0:
                add_scaled(t.total, 0, cells, changes.onward, j)
        for c in range(w.u.shape[1]):
            row = (i, c * species + body.products[p])
            add_scaled(t.k, row, body.arrival[c], t.total, 0)
            if changes.arrival.shape[0] > 0:
                add_scaled(t.k, row, came, changes.arrival, c)


@fused_part_in_place
def _divide_by_storage(
    plan: Plan, changes: Changes, method: Tableau, h: float, i: int, w: Room, t: Lanes
) -> None:
    """Turn amounts into densities.

    Where storage changes, so does f + J u_i, that is u_i / (g h) - sum_j c_ij u_j / h.
    """
    species, cells = w.u.shape
    over = 1.0 / (method.gamma * h)
    for c in range(cells):
        for s in range(species):
            row = (i, c * species + s)
            scaled(t.k, row, 1.0 / plan.mesh.storage[s, c], t.k, row)
            if changes.storage.shape[0] > 0:
                rate = over * w.k[i, s, c]
                for j in range(i):
                    rate -= method.c[i, j] / h * w.k[j, s, c]
                add_scaled(t.k, row, -rate, changes.storage, c * species + s)


@fused_part_in_place
def _body(plan: Plan, changes: Changes, i: int, supply: Array, w: Room, t: Lanes) -> None:
    """Write the body's right-hand sides of stage i, and the slopes of what egress takes."""
    body, mesh, species = plan.body, plan.mesh, w.u.shape[0]
    for p in range(body.products.size):
        s, node = body.products[p], (i, p, body.node)
        clear(t.kb[i, p])
        add_all(t.kb[i, p], 1.0, supply[p])
        for e in range(body.links.shape[0]):
            k, j = body.links[e, 0], body.links[e, 1]
            add_scaled(t.kb, (i, p, k), body.rates[k, j], t.body, (p, j))
        for e in range(changes.links.shape[0]):
            k, j = changes.links[e, 0], changes.links[e, 1]
            cells = w.body[p, j] + w.kb[i, p, j]
            add_scaled(t.kb, (i, p, k), cells, changes.rates, e)
        clear(t.left[i, p])
        for c in range(w.u.shape[1]):
            taken = body.egress[p, c] * mesh.volumes[c]
            add_scaled(t.left, (i, p), taken, t.u, c * species + s)
            if changes.leaving.shape[0] > 0:
                add_scaled(t.left, (i, p), w.u[s, c], changes.leaving, (p, c))
                add_scaled(t.kb, node, w.k[i, s, c], changes.leaving, (p, c))
        add_scaled(t.kb, node, 1.0, t.left, (i, p))


@fused_part_in_place
def _crossings(plan: Plan, changes: Changes, i: int, w: Room, t: Lanes) -> None:
    """Write the slopes of what goes out at each entry of a crossing."""
    crossings, species = plan.crossings, w.u.shape[0]
    for e in range(crossings.place.size):
        s, c = crossings.species[crossings.place[e]], crossings.cell[e]
        scaled(t.crossed, (i, e), crossings.loss[e], t.u, c * species + s)
        if changes.let_out.shape[0] > 0:
            add_scaled(t.crossed, (i, e), w.u[s, c], changes.let_out, e)
