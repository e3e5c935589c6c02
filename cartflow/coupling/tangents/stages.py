"""The tangent of a Rosenbrock step: its stages differentiated, with the step as it was.

Stage i solves (1/(g h) - J) u_i = f(y_i) + sum_j c_ij u_j / h. Its derivative in a direction
solves the same matrix with the derivative of the right-hand side, and (dJ) u_i beside it: J is
that of the start of the step, where the direction changes state and coefficients. Both come as
the imaginary parts of dual numbers (`cartflow.core.dual`), so that what is differentiated is
the very code that runs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.dual import ratio
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.band import width_of
from cartflow.coupling.line.elimination import enter_tissue, solve_stage
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.line.stages import (
    add_earlier,
    body_rates,
    crossing_rates,
    tissue_rates,
)
from cartflow.coupling.line.tableaus import Tableau
from cartflow.coupling.line.transport import enter_transport

Array = np.ndarray


class Rooms(NamedTuple):
    """Room of a step, of its tangent with the same factors, and of dual numbers."""

    real: Room
    slope: Room
    dual: Room


@serial
def tangent_stages(
    real: Plan,
    plan: Plan,
    method: Tableau,
    h: float,
    u: Array,
    body: Array,
    supply: Array,
    rooms: Rooms,
) -> None:
    """Write the stages of a step of `h` days as dual numbers to ``rooms.dual``.

    `plan`, `u`, `body` and `supply` are dual; the stages of `real` are in ``rooms.real``, with the
    factors of their matrix.
    """
    w, slope = rooms.dual, rooms.slope
    enter_tissue(plan, 1.0 / (method.gamma * h), u, w)
    enter_transport(plan.mesh, plan.drift, u, w.band)
    for i in range(method.m.size):
        combined(method.a[i], i, u, body, w)
        tissue_rates(plan, i, w)
        body_rates(plan, i, supply, w)
        crossing_rates(plan, i, w)
        add_earlier(method, i, h, w)
        _enter_slopes(i, rooms)
        _add_changed_matrix(plan, i, rooms)
        solve_stage(real, i, slope)
        _join(i, rooms)


@serial
def _enter_slopes(i: int, rooms: Rooms) -> None:
    """Write the derivatives of the right-hand sides of stage i to where they are solved."""
    w, slope = rooms.dual, rooms.slope
    species, cells = w.f.shape
    for c in range(cells):
        for s in range(species):
            slope.x[c * species + s] = w.f[s, c].imag
    for p in range(w.kb.shape[1]):
        for k in range(w.kb.shape[2]):
            slope.kb[i, p, k] = w.kb[i, p, k].imag


@serial
def _add_changed_matrix(plan: Plan, i: int, rooms: Rooms) -> None:
    """Add the derivative of J times stage i to the right-hand sides."""
    w, slope, k, kb = rooms.dual, rooms.slope, rooms.real.k[i], rooms.real.kb[i]
    mesh, body = plan.mesh, plan.body
    species, cells = k.shape
    width = width_of(w.band)
    flat = rooms.real.x  # free once the run's own stages are there
    for c in range(cells):
        for s in range(species):
            flat[c * species + s] = k[s, c]
    for row in range(flat.size):
        total = 0.0
        for column in range(max(row - width, 0), min(row + width + 1, flat.size)):
            total += w.band[row, column - row + width].imag * flat[column]
        slope.x[row] -= total
    for p in range(body.products.size):
        s, into, out = body.products[p], 0.0 * body.onward[0], 0.0 * body.onward[0]
        for j in range(body.onward.size):
            into += body.onward[j] * kb[p, j]
        for c in range(cells):
            slope.x[c * species + s] += ratio(into * body.arrival[c], mesh.storage[s, c]).imag
            out += body.egress[p, c] * mesh.volumes[c] * k[s, c]
        for e in range(body.links.shape[0]):
            m, j = body.links[e, 0], body.links[e, 1]
            slope.kb[i, p, m] += body.rates[m, j].imag * kb[p, j]
        slope.kb[i, p, body.node] += out.imag


@serial
def _join(i: int, rooms: Rooms) -> None:
    """Write stage i and its derivative as dual numbers."""
    real, slope, w = rooms.real, rooms.slope, rooms.dual
    for s in range(w.k.shape[1]):
        for c in range(w.k.shape[2]):
            w.k[i, s, c] = complex(real.k[i, s, c], slope.k[i, s, c])
    for p in range(w.kb.shape[1]):
        for k in range(w.kb.shape[2]):
            w.kb[i, p, k] = complex(real.kb[i, p, k], slope.kb[i, p, k])
