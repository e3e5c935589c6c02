"""The end of a step: its error, the new state never negative, and what is counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.dual import positive
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.line.tableaus import Tableau
from cartflow.pde.operators.limiter import fill

Array = np.ndarray

# A compartment counts as if it held at least this share of its product's cells in the body.
_SHARE = 1e-4
# What is below zero by at most this share of what counts as an error is none: round-off of doses.
_NONE = 1e-8


class Counts(NamedTuple):
    """What happened, totals over the mesh, gross: events, egress, what crossings let in and out."""

    forwards: Array
    reverse: Array
    egress: Array
    came: Array
    went: Array


def none_counted(plan: Plan, places: int, *more: int, kind: type = float) -> Counts:
    """Return counts of nothing for so many `places` of crossings, with `more` dimensions first."""
    reactions, products = plan.kinetics.stoichiometry.shape[1], plan.body.products.size
    sizes = (reactions, reactions, products, places, places)
    return Counts(*(np.zeros((*more, size), dtype=kind) for size in sizes))


@serial
def largest_error(plan: Plan, method: Tableau, floor: Array, w: Room) -> tuple[float, int]:
    """Return the largest relative error of a field or of the body's compartments, and which.

    The new state is in `w.u` and `w.body`. A field's error is the volume's 1-norm over its amount
    and `floor`; a compartment's is relative to its cells, or to a small share of those in the body.
    """
    mesh, last = plan.mesh, method.m.size - 1
    species, cells = w.u.shape
    worst, which = 0.0, 0
    for s in range(species):
        difference, size = 0.0, 0.0
        for c in range(cells):
            difference += abs(w.k[last, s, c]) * mesh.held[s, c]
            size += abs(w.u[s, c]) * mesh.held[s, c]
        share = difference / (size + floor[s])
        if not np.isfinite(share):
            return np.inf, s
        if share > worst:
            worst, which = share, s
    for p in range(w.body.shape[0]):
        least = floor[plan.body.products[p]]
        for k in range(w.body.shape[1]):
            least += _SHARE * abs(w.body[p, k])
        for k in range(w.body.shape[1]):
            share = abs(w.kb[last, p, k]) / (abs(w.body[p, k]) + least)
            if not np.isfinite(share):
                return np.inf, species
            if share > worst:
                worst, which = share, species
    return worst, which


@serial
def count(
    plan: Plan, method: Tableau, weights: Array, h: float, days: float, counts: Counts, w: Room
) -> None:
    """Add what happened in `days` of a step of `h`, the state then the stages by their `weights`.

    Stage i of a count q with q' = g(y) is q_i = g h [g(y_i) + dg/dy u_i + sum_j c_ij q_j / h]. So
    sum_i w_i q_i is g h sum_i v_i [g(y_i) + dg/dy u_i], with v_i = w_i + g sum_j c_ji v_j.
    """
    gh = method.gamma * h
    for i in range(weights.size - 1, -1, -1):
        w.shares[i] = weights[i]
        for j in range(i + 1, weights.size):
            w.shares[i] += method.gamma * method.c[j, i] * w.shares[j]
    species, cells = w.f.shape
    for s in range(species):
        for c in range(cells):
            w.f[s, c] = w.shares[0] * w.k[0, s, c]
        for i in range(1, weights.size):
            for c in range(cells):
                w.f[s, c] += w.shares[i] * w.k[i, s, c]
    _count_egress(plan, gh, counts, w)
    _count_crossings(plan, gh, days, counts, w)
    _count_events(plan, gh, counts, w)


@serial
def _count_egress(plan: Plan, gh: float, counts: Counts, w: Room) -> None:
    body = plan.body
    for p in range(counts.egress.size):
        s, total = body.products[p], 0.0
        for c in range(plan.mesh.volumes.size):
            total += body.egress[p, c] * plan.mesh.volumes[c] * w.f[s, c]
        for i in range(w.shares.size):
            total += w.shares[i] * w.left[i, p]
        counts.egress[p] += gh * total


@serial
def _count_crossings(plan: Plan, gh: float, days: float, counts: Counts, w: Room) -> None:
    """Add what came in and what went out; through a boundary only one of them in each cell."""
    crossings = plan.crossings
    for e in range(crossings.place.size):
        k = crossings.place[e]
        into, out = days * crossings.gain[e], w.f[crossings.species[k], crossings.cell[e]]
        out *= crossings.loss[e]
        for i in range(w.shares.size):
            out += w.shares[i] * w.crossed[i, e]
        out *= gh
        if crossings.apart[k]:
            counts.came[k] += into
            counts.went[k] += out
        else:
            counts.came[k] += positive(into - out)
            counts.went[k] += positive(out - into)


@serial
def _count_events(plan: Plan, gh: float, counts: Counts, w: Room) -> None:
    """Add the events of the reactions, forwards and in reverse by what each cell's come to."""
    driven, volumes = plan.kinetics.driven, plan.mesh.volumes
    events = w.inside[0]
    for r in range(counts.forwards.size):
        for c in range(volumes.size):
            events[c] = w.shares[0] * w.rates[0, r, c]
        for i in range(1, w.shares.size):
            for c in range(volumes.size):
                events[c] += w.shares[i] * w.rates[i, r, c]
        for d in range(driven.shape[0]):
            if driven[d, 0] == r:
                s = driven[d, 1]
                for c in range(volumes.size):
                    events[c] += w.slopes[r * w.f.shape[0] + s, c] * w.f[s, c]
        forwards, reverse = counts.forwards[r], counts.reverse[r]
        for c in range(volumes.size):
            happened = gh * events[c] * volumes[c]
            forwards += positive(happened)
            reverse += positive(-happened)
        counts.forwards[r], counts.reverse[r] = forwards, reverse


@serial
def nearest_to_end(plan: Plan, u: Array, least: Array) -> float:
    """Return how many times its `least` amount the one species is that is nearest to it, or inf.

    What is below it already does not count.
    """
    nearest = np.inf
    for s in range(least.size):
        if least[s] > 0.0:
            total = 0.0
            for c in range(u.shape[1]):
                total += u[s, c] * plan.mesh.held[s, c]
            if total >= least[s]:
                nearest = min(nearest, total / least[s])
    return nearest


@serial
def lowest_end(plan: Plan, u: Array, new: Array, least: Array) -> float:
    """Return how many times its `least` amount the lowest `new` one is, of those not below at u."""
    lowest = np.inf
    for s in range(least.size):
        if least[s] > 0.0:
            before, after = 0.0, 0.0
            for c in range(u.shape[1]):
                before += u[s, c] * plan.mesh.held[s, c]
                after += new[s, c] * plan.mesh.held[s, c]
            if before >= least[s]:
                lowest = min(lowest, after / least[s])
    return lowest


@serial
def new_state(plan: Plan, method: Tableau, u: Array, body: Array, floor: Array, w: Room) -> float:
    """Write the new densities to `w.u` and cells to `w.body`, never negative; return what moved.

    What a step left below zero is filled up from the cells beside it, or from all compartments:
    the largest share of a product in tissue or body. Of other species, which are in no balance,
    what cannot be filled is none: a rate may go on where what it consumes is used up.
    """
    combined(method.m, method.m.size, u, body, w)
    return nonnegative(plan, floor, w)


@serial
def nonnegative(plan: Plan, floor: Array, w: Room) -> float:
    """Fill up what is below zero in `w.u` and `w.body`; return the largest share that moved."""
    worst = 0.0
    for s in range(w.u.shape[0]):
        moved = filled(w.u[s], plan.mesh.held[s], floor[s], w)
        for p in range(plan.body.products.size):
            if plan.body.products[p] == s:
                worst = max(worst, moved)
    for p in range(w.body.shape[0]):
        worst = max(worst, shared(w.body[p], floor[plan.body.products[p]]))
    return worst


@serial
def filled(values: Array, held: Array, floor: float, w: Room) -> float:
    """Fill cells below zero from those beside them; return the share of the amount moved."""
    least, size, total = 0.0, 0.0, 0.0
    for c in range(values.size):
        least = min(least, values[c].real)
        size += abs(values[c].real) * held[c].real
        total += values[c] * held[c]
    if least >= 0.0:
        return 0.0
    moved = fill(values, held, w.ahead, w.behind)
    if not np.isfinite(moved):
        for c in range(values.size):
            values[c] = 0.0
        if -total.real <= _NONE * floor:
            return 0.0
    return moved / (size + floor)


@serial
def shared(cells: Array, floor: float) -> float:
    """Take what is below zero from all compartments; return the share moved, `floor` beside."""
    have, need = 0.0, 0.0
    for k in range(cells.size):
        if cells[k].real < 0.0:
            need -= cells[k]
        else:
            have += cells[k]
    if need.real == 0.0:
        return 0.0
    if need.real >= have.real and need.real > _NONE * floor:
        return np.inf
    left = positive(1.0 - need / have) if have.real > 0.0 else 0.0 * have
    for k in range(cells.size):
        cells[k] = positive(cells[k]) * left
    return need / (have + floor)
