"""The end of a step: its error, and the new state, which is never negative."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import in_place, part_in_place
from cartflow.core.dual import positive
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.ended import Ended, System
from cartflow.coupling.line.room import Room, combined
from cartflow.pde.operators.limiter import fill

Array = np.ndarray

# A compartment counts as if it held at least this share of its product's cells in the body.
_SHARE = 1e-4
# What is below zero by at most this share of what counts as an error is none: round-off of doses.
NONE = 1e-8


@in_place
def largest_error(plan: System, method: Tableau, floor: Array, w: Ended) -> tuple[float, int]:
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


@part_in_place
def fastest_growing(plan: Plan, otherwise: int, w: Room) -> int:
    """Return which species grows fastest by itself at the start of the step, if any does.

    What it makes infinite others may be, too, and those come first where it stands behind them.
    """
    kinetics, species = plan.kinetics, w.u.shape[0]
    fastest, which = 0.0, otherwise
    for s in range(species):
        for c in range(w.u.shape[1]):
            growth = 0.0
            for d in range(kinetics.driven.shape[0]):
                r = kinetics.driven[d, 0]
                if kinetics.driven[d, 1] == s:
                    growth += kinetics.stoichiometry[s, r] * w.slopes[r * species + s, c]
            if growth > fastest:
                fastest, which = growth, s
    return which


@in_place
def nearest_to_end(plan: System, u: Array, least: Array) -> float:
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


@in_place
def lowest_end(plan: System, u: Array, new: Array, least: Array) -> float:
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


@in_place
def share_to_end(nearest: float, lowest: float) -> float:
    """Return after what share of a step a species is at its least amount, before and after as told.

    It was `nearest` times that at the start, and is `lowest` times at the end. Amounts fall nearly
    as exponentials; a share too small leads nearer.
    """
    above = max(np.log(nearest), 0.0)
    share = above / (above - np.log(max(lowest, 1e-300)))
    return min(max(share * (1.0 + 1e-10), 0.01), 0.98)


@in_place
def new_state(plan: Plan, method: Tableau, u: Array, body: Array, floor: Array, w: Room) -> float:
    """Write the new densities to `w.u` and cells to `w.body`, never negative; return what moved.

    What a step left below zero is filled up from the cells beside it, or from all compartments:
    the largest share of a product in tissue or body. Of other species, which are in no balance,
    what cannot be filled is none: a rate may go on where what it consumes is used up.
    """
    combined(method.m, method.m.size, u, body, w)
    return nonnegative(plan, floor, w)


@in_place
def nonnegative(plan: System, floor: Array, w: Ended) -> float:
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


@in_place
def filled(values: Array, held: Array, floor: float, w: Ended) -> float:
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
        if -total.real <= NONE * floor:
            return 0.0
    return moved / (size + floor)


@in_place
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
    if need.real >= have.real and need.real > NONE * floor:
        return np.inf
    left = positive(1.0 - need / have) if have.real > 0.0 else 0.0 * have
    for k in range(cells.size):
        cells[k] = positive(cells[k]) * left
    return need / (have + floor)
