"""How what is counted in a step changes with numbers of a study."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_part_in_place
from cartflow.core.rows import add_scaled
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.counting import Counts, share_out
from cartflow.coupling.line.room import Room
from cartflow.coupling.tangents.changes import Changes
from cartflow.coupling.tangents.lanes import Lanes, add_all, clear

Array = np.ndarray


@fused_part_in_place
def count_slopes(
    plan: Plan,
    changes: Changes,
    method: Tableau,
    weights: Array,
    h: float,
    days: float,
    counts: Counts,
    w: Room,
    t: Lanes,
) -> None:
    """Add the slopes of what `count` adds to `counts` (..., numbers); `w` and `t` have the stages.

    ``t.u`` gets the shared stages' sum.
    """
    gh = method.gamma * h
    share_out(method, weights, w)
    clear(t.u)
    for i in range(w.shares.size):
        add_all(t.u, w.shares[i], t.k[i])
    _egress(plan, changes, gh, counts, w, t)
    _crossings(plan, changes, gh, days, counts, w, t)
    _events(plan, changes, gh, counts, w, t)


@fused_part_in_place
def _egress(plan: Plan, changes: Changes, gh: float, counts: Counts, w: Room, t: Lanes) -> None:
    body, species = plan.body, w.f.shape[0]
    for p in range(body.products.size):
        s = body.products[p]
        for c in range(plan.mesh.volumes.size):
            taken = gh * body.egress[p, c] * plan.mesh.volumes[c]
            add_scaled(counts.egress, p, taken, t.u, c * species + s)
            if changes.leaving.shape[0] > 0:
                add_scaled(counts.egress, p, gh * w.f[s, c], changes.leaving, (p, c))
        for i in range(w.shares.size):
            add_scaled(counts.egress, p, gh * w.shares[i], t.left, (i, p))


@fused_part_in_place
def _crossings(
    plan: Plan, changes: Changes, gh: float, days: float, counts: Counts, w: Room, t: Lanes
) -> None:
    """Add what came in and what went out; where both are one way, on the side it is."""
    crossings, species = plan.crossings, w.f.shape[0]
    for e in range(crossings.place.size):
        k, c, into = crossings.place[e], crossings.cell[e], days * crossings.gain[e]
        s = crossings.species[k]
        clear(t.total)
        add_scaled(t.total, 0, gh * crossings.loss[e], t.u, c * species + s)
        if changes.let_out.shape[0] > 0:
            add_scaled(t.total, 0, gh * w.f[s, c], changes.let_out, e)
        out = crossings.loss[e] * w.f[s, c]
        for i in range(w.shares.size):
            add_scaled(t.total, 0, gh * w.shares[i], t.crossed, (i, e))
            out += w.shares[i] * w.crossed[i, e]
        out *= gh
        apart = crossings.apart[k]
        inwards, outwards = apart or into >= out, apart or out >= into
        if outwards:
            add_scaled(counts.went, k, 1.0, t.total, 0)
        if inwards and not apart:
            add_scaled(counts.came, k, -1.0, t.total, 0)
        if changes.let_in.shape[0] > 0:
            if inwards:
                add_scaled(counts.came, k, days, changes.let_in, e)
            if outwards and not apart:
                add_scaled(counts.went, k, -days, changes.let_in, e)


@fused_part_in_place
def _events(plan: Plan, changes: Changes, gh: float, counts: Counts, w: Room, t: Lanes) -> None:
    """Add the slopes of the events of the reactions, forwards and in reverse cell by cell."""
    driven, volumes, species = plan.kinetics.driven, plan.mesh.volumes, w.f.shape[0]
    events = w.inside[0]
    for r in range(counts.forwards.shape[0]):
        clear(events)
        clear(t.events)
        for i in range(w.shares.size):
            for c in range(volumes.size):
                events[c] += w.shares[i] * w.rates[i, r, c]
            add_all(t.events, w.shares[i], t.rates[i, r])
        for d in range(driven.shape[0]):
            if driven[d, 0] == r:
                s = driven[d, 1]
                for c in range(volumes.size):
                    slope = w.slopes[r * species + s, c]
                    events[c] += slope * w.f[s, c]
                    add_scaled(t.events, c, slope, t.u, c * species + s)
                    add_scaled(t.events, c, w.f[s, c], t.slopes, (d, c))
        for c in range(volumes.size):
            volume = gh * volumes[c]
            if changes.volumes.shape[0] > 0:
                add_scaled(t.events, c, events[c], changes.volumes, c)
            if events[c] >= 0.0:
                add_scaled(counts.forwards, r, volume, t.events, c)
            if events[c] <= 0.0:
                add_scaled(counts.reverse, r, -volume, t.events, c)
