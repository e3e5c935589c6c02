"""What is counted in a step: events, egress, and what crossings let in and out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import in_place, part_in_place
from cartflow.core.dual import positive
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.room import Room

Array = np.ndarray


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


@in_place
def count(
    plan: Plan, method: Tableau, weights: Array, h: float, days: float, counts: Counts, w: Room
) -> None:
    """Add what happened in `days` of a step of `h`, the state then the stages by their `weights`.

    Stage i of a count q with q' = g(y) is q_i = g h [g(y_i) + dg/dy u_i + sum_j c_ij q_j / h]. So
    sum_i w_i q_i is g h sum_i v_i [g(y_i) + dg/dy u_i], with v_i = w_i + g sum_j c_ji v_j.
    """
    gh = method.gamma * h
    share_out(method, weights, w)
    _count_egress(plan, gh, counts, w)
    _count_crossings(plan, gh, days, counts, w)
    _count_events(plan, gh, counts, w)


@in_place
def share_out(method: Tableau, weights: Array, w: Room) -> None:
    """Write the stages' shares v in what is counted (see `count`), and their sum to `w.f`."""
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


@part_in_place
def _count_egress(plan: Plan, gh: float, counts: Counts, w: Room) -> None:
    body = plan.body
    for p in range(counts.egress.size):
        s, total = body.products[p], 0.0
        for c in range(plan.mesh.volumes.size):
            total += body.egress[p, c] * plan.mesh.volumes[c] * w.f[s, c]
        for i in range(w.shares.size):
            total += w.shares[i] * w.left[i, p]
        counts.egress[p] += gh * total


@part_in_place
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


@part_in_place
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
