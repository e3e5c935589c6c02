"""One try of a step of body and tumour on voxels, with its error and all that is counted."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_in_place, in_place
from cartflow.core.pointers import call
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.ends import fastest_growing, largest_error, nonnegative
from cartflow.coupling.line.tableaus import Tableau
from cartflow.coupling.voxels.arrays import Plan, Room
from cartflow.coupling.voxels.local import leaving, prepare, solve_stage
from cartflow.pde.voxels.kernels import diffuse

Array = np.ndarray


@in_place
def attempt(
    plan: Plan,
    method: Tableau,
    errors: Array,
    shares: Array,
    tolerance: float,
    h: float,
    u: Array,
    body: Array,
    supply: Array,
    floor: Array,
    counts: Counts,
    w: Room,
) -> tuple[float, int]:
    """Write what `h` days make of `u` and `body` to `w`; return its relative error, and whose.

    Where it is within the `tolerance`, what happened is added to `counts`. The error is
    sum_i errors_i k_i; `shares` are those of the stages in what is counted (see
    `cartflow.coupling.line.counting.count`). `supply` (products, compartments; cells/day) goes
    into the body, amounts below `floor` do not count as errors.
    """
    beyond = prepare(plan, 1.0 / (method.gamma * h), u, w)
    if beyond >= 0:
        return np.inf, fastest_growing(plan, beyond, w)
    _begin_counting(w)
    for i in range(method.m.size):
        _combine(method.a[i], i, u, body, w)
        _rates(plan, i, shares[i], w)
        _body_rates(plan, i, shares[i], supply, w)
        _add_earlier(method.c[i], i, h, w)
        solve_stage(plan, i, w)
    _end(method.m, errors, shares, u, body, w)
    error, which = largest_error(plan, method, floor, w)
    if error <= tolerance:
        error = max(error, nonnegative(plan, floor, w))
    if error <= tolerance:
        _count(plan, method.gamma * h, counts, w)
    return error, which


@in_place
def _begin_counting(w: Room) -> None:
    for p in range(w.left.size):
        w.left[p] = 0.0
    for r in range(w.events.shape[0]):
        for c in range(w.events.shape[1]):
            w.events[r, c] = 0.0


@fused_in_place
def _combine(weights: Array, stages: int, u: Array, body: Array, w: Room) -> None:
    """Write the state plus the weighted stages to `w.u` and `w.body`."""
    for s in range(u.shape[0]):
        for c in range(u.shape[1]):
            w.u[s, c] = u[s, c]
        for j in range(stages):
            if weights[j] != 0.0:
                for c in range(u.shape[1]):
                    w.u[s, c] += weights[j] * w.k[j, s, c]
    for p in range(body.shape[0]):
        for n in range(body.shape[1]):
            w.body[p, n] = body[p, n]
            for j in range(stages):
                w.body[p, n] += weights[j] * w.kb[j, p, n]


@fused_in_place
def _rates(plan: Plan, i: int, share: float, w: Room) -> None:
    """Write du/dt of the stage's state to `w.f`, and add its events by their `share`."""
    kinetics, body = plan.kinetics, plan.body
    species, cells = w.u.shape
    reactions = kinetics.stoichiometry.shape[1]
    for s in range(species):
        for c in range(cells):
            # A stage may dip below zero, where roots and powers have no value.
            w.inside[s, c] = w.u[s, c] if w.u[s, c] > 0.0 else 0.0
            w.f[s, c] = 0.0
        row = plan.fields.local[s]
        if row >= 0:
            for c in range(cells):
                w.f[s, c] = plan.fields.gain[row, c] - plan.fields.loss[row, c] * w.u[s, c]
    if reactions > 0:
        call(kinetics.rates, (w.inside, cells, kinetics.parameters, 0, cells, w.rates, cells))
    for r in range(reactions):
        for c in range(cells):
            w.events[r, c] += share * w.rates[r, c]
        for s in range(species):
            number = kinetics.stoichiometry[s, r]
            if number != 0.0:
                for c in range(cells):
                    w.f[s, c] += number * w.rates[r, c]
    for s in range(species):
        diffuse(w.u[s], plan.fields, s, 0, w.f[s])
    for p in range(body.products.size):
        s, into = body.products[p], 0.0
        for j in range(body.onward.size):
            into += body.onward[j] * w.body[p, j]
        for c in range(cells):
            w.f[s, c] += into * body.arrival[c]


@in_place
def _body_rates(plan: Plan, i: int, share: float, supply: Array, w: Room) -> None:
    """Write the body's rates of change to `w.kb[i]`, and add what egress takes by its `share`."""
    body = plan.body
    for p in range(body.products.size):
        for n in range(body.onward.size):
            w.kb[i, p, n] = supply[p, n]
        for e in range(body.links.shape[0]):
            n, j = body.links[e, 0], body.links[e, 1]
            w.kb[i, p, n] += body.rates[n, j] * w.body[p, j]
        out = leaving(plan, p, w.u)
        w.left[p] += share * out
        w.kb[i, p, body.node] += out


@fused_in_place
def _add_earlier(couplings: Array, i: int, h: float, w: Room) -> None:
    """Add sum_j c_ij k_j / h to the right-hand sides of stage i."""
    for j in range(i):
        factor = couplings[j] / h
        if factor != 0.0:
            for s in range(w.f.shape[0]):
                for c in range(w.f.shape[1]):
                    w.f[s, c] += factor * w.k[j, s, c]
            for p in range(w.kb.shape[1]):
                for n in range(w.kb.shape[2]):
                    w.kb[i, p, n] += factor * w.kb[j, p, n]


@fused_in_place
def _end(weights: Array, errors: Array, shares: Array, u: Array, body: Array, w: Room) -> None:
    """Write the new state, the error to the last stage, and the stages by their shares to `w.f`."""
    last = weights.size - 1
    for s in range(u.shape[0]):
        for c in range(u.shape[1]):
            new, error, shared = u[s, c], 0.0, 0.0
            for j in range(weights.size):
                new += weights[j] * w.k[j, s, c]
                error += errors[j] * w.k[j, s, c]
                shared += shares[j] * w.k[j, s, c]
            w.u[s, c], w.k[last, s, c], w.f[s, c] = new, error, shared
    for p in range(body.shape[0]):
        for n in range(body.shape[1]):
            new, error = body[p, n], 0.0
            for j in range(weights.size):
                new += weights[j] * w.kb[j, p, n]
                error += errors[j] * w.kb[j, p, n]
            w.body[p, n], w.kb[last, p, n] = new, error


@fused_in_place
def _count(plan: Plan, gh: float, counts: Counts, w: Room) -> None:
    """Add what happened, events forwards and in reverse by what each cell's come to."""
    driven, species = plan.kinetics.driven, w.u.shape[0]
    for d in range(driven.shape[0]):
        r, s = driven[d, 0], driven[d, 1]
        for c in range(w.u.shape[1]):
            w.events[r, c] += w.slopes[r * species + s, c] * w.f[s, c]
    for r in range(counts.forwards.size):
        forwards, reverse = 0.0, 0.0
        for c in range(w.u.shape[1]):
            happened = w.events[r, c] * plan.fields.volumes[c]
            forwards += happened if happened > 0.0 else 0.0
            reverse -= happened if happened < 0.0 else 0.0
        counts.forwards[r] += gh * forwards
        counts.reverse[r] += gh * reverse
    for p in range(counts.egress.size):
        counts.egress[p] += gh * (w.left[p] + leaving(plan, p, w.f))
