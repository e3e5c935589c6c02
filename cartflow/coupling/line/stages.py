"""The stages of a Rosenbrock step of body, tumour and accounts as one system.

What is counted (events, egress, crossings) are further components of the system (see `count`), so
that counts and state are the same combination of the same fluxes.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import in_place, part_in_place
from cartflow.core.dual import ratio
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.elimination import prepare, rates_at, solve_stage
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.line.transport import add_transport

Array = np.ndarray


@in_place
def stages(
    plan: Plan, method: Tableau, h: float, u: Array, body: Array, supply: Array, w: Room
) -> None:
    """Write the stages of a step of `h` days from `u` and `body` to `w`.

    `supply` (products, compartments; cells/day) goes into the body.
    """
    prepare(plan, 1.0 / (method.gamma * h), u, w)
    for i in range(method.m.size):
        combined(method.a[i], i, u, body, w)
        tissue_rates(plan, i, w)
        body_rates(plan, i, supply, w)
        crossing_rates(plan, i, w)
        add_earlier(method, i, h, w)
        species, cells = w.u.shape
        for c in range(cells):
            for s in range(species):
                w.x[c * species + s] = w.f[s, c]
        solve_stage(plan, i, w)


@part_in_place
def tissue_rates(plan: Plan, i: int, w: Room) -> None:
    """Write du/dt of the stage's state to `w.f`, and its events per mm3 and day to `w.rates[i]`."""
    mesh, kinetics, body = plan.mesh, plan.kinetics, plan.body
    species, cells = w.u.shape
    reactions = kinetics.stoichiometry.shape[1]
    rates_at(plan, w.u, w.rates[i], w)
    for s in range(species):
        for c in range(cells):
            w.f[s, c] = mesh.gain[s, c] - mesh.loss[s, c] * w.u[s, c]
        for r in range(reactions):
            count = kinetics.stoichiometry[s, r]
            if count != 0.0:
                for c in range(cells):
                    w.f[s, c] += count * w.rates[i, r, c]
    add_transport(mesh, plan.drift, w.u, w.f, w.across)
    for p in range(body.products.size):
        s, into = body.products[p], 0.0
        for j in range(body.onward.size):
            into += body.onward[j] * w.body[p, j]
        for c in range(cells):
            w.f[s, c] += into * body.arrival[c]
    for s in range(species):
        for c in range(cells):
            w.f[s, c] = ratio(w.f[s, c], mesh.storage[s, c])


@part_in_place
def body_rates(plan: Plan, i: int, supply: Array, w: Room) -> None:
    """Write the body's rates of change to `w.kb[i]`, and what egress takes to `w.left[i]`."""
    body = plan.body
    for p in range(body.products.size):
        for k in range(body.onward.size):
            w.kb[i, p, k] = supply[p, k]
        for e in range(body.links.shape[0]):
            k, j = body.links[e, 0], body.links[e, 1]
            w.kb[i, p, k] += body.rates[k, j] * w.body[p, j]
        out, s = 0.0, body.products[p]
        for c in range(plan.mesh.volumes.size):
            out += body.egress[p, c] * plan.mesh.volumes[c] * w.u[s, c]
        w.left[i, p] = out
        w.kb[i, p, body.node] += out


@part_in_place
def crossing_rates(plan: Plan, i: int, w: Room) -> None:
    """Write what goes out at each entry of a crossing, per day, to `w.crossed[i]`."""
    crossings = plan.crossings
    for e in range(crossings.place.size):
        s = crossings.species[crossings.place[e]]
        w.crossed[i, e] = crossings.loss[e] * w.u[s, crossings.cell[e]]


@part_in_place
def add_earlier(method: Tableau, i: int, h: float, w: Room) -> None:
    """Add sum_j c_ij u_j / h to the right-hand sides of stage i."""
    for j in range(i):
        factor = method.c[i, j] / h
        if factor != 0.0:
            for s in range(w.f.shape[0]):
                for c in range(w.f.shape[1]):
                    w.f[s, c] += factor * w.k[j, s, c]
            for p in range(w.kb.shape[1]):
                for k in range(w.kb.shape[2]):
                    w.kb[i, p, k] += factor * w.kb[j, p, k]
