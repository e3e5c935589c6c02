"""How the events of the reactions change with numbers of a study, in the stages of a step."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_part_in_place
from cartflow.core.dual import SMALL
from cartflow.core.pointers import call
from cartflow.core.rows import add_scaled
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.room import Room
from cartflow.coupling.tangents.changes import Changes
from cartflow.coupling.tangents.lanes import Lanes, add_all, clear

Array = np.ndarray


@fused_part_in_place
def start_slopes(plan: Plan, changes: Changes, u: Array, at: Array, w: Room, t: Lanes) -> None:
    """Write how the derivatives of the events at the start `u` change to ``t.slopes``.

    `at` are the slopes of the densities; the derivatives themselves are in `w.slopes`.
    """
    kinetics, (species, cells) = plan.kinetics, u.shape
    if kinetics.stoichiometry.shape[1] == 0:
        return
    for q in range(changes.parameters.shape[0]):
        for s in range(species):
            for c in range(cells):
                slope = at[c * species + s, q]
                inside = u[s, c] >= 0.0
                t.inside[s, c] = complex(u[s, c], SMALL * slope) if inside else 0j
        parameters = changes.parameters[q]
        call(changes.slopes_code, (t.inside, cells, parameters, 0, cells, t.dual_slopes, cells))
        for d in range(kinetics.driven.shape[0]):
            r, j = kinetics.driven[d, 0], kinetics.driven[d, 1]
            for c in range(cells):
                slope = t.dual_slopes[r * species + j, c].imag / SMALL
                t.slopes[d, c, q] = kinetics.weight[r, c] * slope
    if changes.weight.shape[0] > 0:
        for d in range(kinetics.driven.shape[0]):
            r, j = kinetics.driven[d, 0], kinetics.driven[d, 1]
            for c in range(cells):
                slope = w.slopes[r * species + j, c]
                add_scaled(t.slopes, (d, c), slope, changes.weight, (r, c))


@fused_part_in_place
def events_at(plan: Plan, changes: Changes, i: int, w: Room, t: Lanes) -> None:
    """Write the slopes of the events of stage i, whose state is in `w.u` and `t.u`."""
    kinetics, (species, cells) = plan.kinetics, w.u.shape
    reactions = kinetics.stoichiometry.shape[1]
    clear(t.rates[i])
    if reactions == 0:
        return
    for s in range(species):
        for c in range(cells):
            w.inside[s, c] = max(w.u[s, c], 0.0)
    call(kinetics.slopes, (w.inside, cells, kinetics.parameters, 0, cells, t.fresh, cells))
    for d in range(kinetics.driven.shape[0]):
        r, j = kinetics.driven[d, 0], kinetics.driven[d, 1]
        for c in range(cells):
            if w.u[j, c] >= 0.0:
                factor = kinetics.weight[r, c] * t.fresh[r * species + j, c]
                add_scaled(t.rates, (i, r, c), factor, t.u, c * species + j)
    if changes.weight.shape[0] > 0:
        for r in range(reactions):
            for c in range(cells):
                add_scaled(t.rates, (i, r, c), w.rates[i, r, c], changes.weight, (r, c))
    if changes.parametric.size > 0:
        for s in range(species):
            for c in range(cells):
                t.inside[s, c] = w.inside[s, c]
    for q in changes.parametric:
        parameters = changes.parameters[q]
        call(changes.rates_code, (t.inside, cells, parameters, 0, cells, t.dual_rates, cells))
        for r in range(reactions):
            for c in range(cells):
                slope = t.dual_rates[r, c].imag / SMALL
                t.rates[i, r, c, q] += kinetics.weight[r, c] * slope


@fused_part_in_place
def add_events(plan: Plan, i: int, w: Room, t: Lanes) -> None:
    """Add what the events of stage i, and what their derivatives change by, make of species."""
    kinetics, (species, cells) = plan.kinetics, w.u.shape
    for r in range(kinetics.stoichiometry.shape[1]):
        clear(t.events)
        add_all(t.events, 1.0, t.rates[i, r])
        for d in range(kinetics.driven.shape[0]):
            if kinetics.driven[d, 0] == r:
                for c in range(cells):
                    add_scaled(t.events, c, w.k[i, kinetics.driven[d, 1], c], t.slopes, (d, c))
        for s in range(species):
            count = kinetics.stoichiometry[s, r]
            if count != 0.0:
                for c in range(cells):
                    add_scaled(t.k, (i, c * species + s), count, t.events, c)
