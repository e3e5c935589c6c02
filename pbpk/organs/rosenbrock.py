"""Compiled steps of linear transport with local reactions, stiff, many animals at once.

The method is RODAS (Hairer and Wanner, Solving Ordinary Differential Equations II, 1996): six
stages, order four with an estimate of order three, L-stable. Each animal is one lane with its
own time and step, so that what it computes does not depend on its neighbours.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import in_place, njit
from cartflow.core.tableaus import RODAS4
from cartflow.pbpk.organs.arrays import Group, Local, Matrix, Supplies, System, Work
from cartflow.pbpk.organs.lane_algebra import add, factorise, rows, set_to, solve
from cartflow.pbpk.organs.lanes import add_product, multiply, set_positive, set_product
from cartflow.pbpk.organs.saturation import add_slopes, saturate

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

STAGES = 6
# a[i, j] multiplies stage j in the argument of stage i, c[i, j] / step in its right-hand side.
_GAMMA, _A, _C = RODAS4.gamma, RODAS4.a, RODAS4.c

# A supply that rises is taken at these parts of the step, and its slope with these factors.
_PART = np.array([0.0, 0.386, 0.21, 0.63, 1.0, 1.0])
_SLOPE = np.array([0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0])


@in_place
def _densities(y: Array, places: Places, inverse_volumes: Array, density: Array) -> None:
    """Write the densities at all sites; beyond zero, where a stage may stray, there are none."""
    species, sites = places.shape
    for s in range(species):
        for site in range(sites):
            set_positive(density, s * sites + site, y, places[s, site])
            multiply(density, s * sites + site, inverse_volumes, s * sites + site)


@in_place
def _change(
    rates: Any,
    y: Array,
    system: System,
    animals: Group,
    local: Local,
    change: Array,
    events: Array,
) -> None:
    """Add to the state's change per day; write events per day, a reaction and site a row."""
    transfers, effects, volumes = system.transfers, system.effects, animals.volumes
    for t in range(len(transfers)):
        add_product(change, transfers[t, 0], animals.rates, transfers[t, 2], y, transfers[t, 1])
    saturate(change, y, system.saturations, animals.saturations)
    _densities(y, system.places, animals.inverse_volumes, local.density)
    sites = local.wide_density.shape[1]
    rates(local.wide_density, animals.parameters, 0, sites, local.wide_rate)
    for event in range(len(events)):
        set_product(events, event, local.rate, event, volumes, event)
    for e in range(len(effects)):
        add_product(change, effects[e, 0], system.factors, e, events, effects[e, 1])


@in_place
def _slopes(
    jacobian: Any,
    y: Array,
    system: System,
    animals: Group,
    fluids: Places,
    work: Work,
) -> None:
    """Write the derivative of every event to every amount at all sites.

    Where both have the volume of the site that is the derivative of a rate to a density.
    """
    density, wide_density = work.local.density, work.local.wide_density
    _densities(y, system.places, animals.inverse_volumes, density)
    jacobian(wide_density, animals.parameters, 0, wide_density.shape[1], work.wide_slopes)
    flat = work.slopes.reshape(-1)
    for i in range(flat.size):
        # An infinite slope would stop the step; without it only the estimate is worse.
        if not abs(flat[i]) < 1e300:
            flat[i] = 0.0
    for t in range(len(fluids)):
        multiply(work.slopes, fluids[t, 0], animals.volumes, fluids[t, 1])
        multiply(work.slopes, fluids[t, 0], animals.inverse_volumes, fluids[t, 2])


@in_place
def _add_earlier(target: Array, stage: int, stages: Array, inverse: Array, total: Array) -> None:
    """Add the earlier stages, combined and divided by the step, to a right-hand side."""
    if stage == 0:
        return
    set_to(total, _GAMMA * _C[stage, 0], stages[0])
    for j in range(1, stage):
        add(total, _GAMMA * _C[stage, j], stages[j])
    for row in range(len(total)):
        add_product(target, row, total, row, inverse, 0)


@in_place
def attempt(
    rates: Any,
    jacobian: Any,
    y: Array,
    supplies: Supplies,
    system: System,
    elimination: Matrix,
    animals: Group,
    transport: Array,
    step: Array,
    work: Work,
    least: Array,
) -> None:
    """Try one step of every lane: its state in `work.z`, `work.events`, error in the last stage.

    `transport` is its part of the matrix (`transport_part`), `least` the least pivot of each lane.
    """
    matrix, pivots, z, inverse = work.matrix, work.pivots, work.z, work.inverse
    stages, event_stages, slopes, pulls = (
        work.stages,
        work.event_stages,
        work.slopes,
        elimination.pulls,
    )
    for lane in range(step.size):
        inverse[0, lane] = 1.0 / (_GAMMA * step[lane])
        inverse[1, lane] = _GAMMA * step[lane]
        for s in range(STAGES * supplies.rising):
            inverse[2 + s, lane] = (_PART[s] + _SLOPE[s]) * step[lane]
    _slopes(jacobian, y, system, animals, elimination.fluids, work)
    set_to(matrix, 1.0, transport)
    add_slopes(matrix, y, system.saturations, animals.saturations)
    factorise(slopes, elimination, inverse, matrix, pivots, least)
    for s in range(STAGES):
        set_to(z, 1.0, y)
        for j in range(s):
            if _A[s, j] != 0.0:
                add(z, _A[s, j], stages[j])
        here, counts = stages[s], event_stages[s]
        set_to(here, 1.0, supplies.supply)
        for row in range(supplies.rising * len(y)):
            add_product(here, row, supplies.rise, row, inverse, 2 + s)
        _change(rates, z, system, animals, work.local, here, counts)
        _add_earlier(here, s, stages, inverse, work.total)
        _add_earlier(counts, s, event_stages, inverse, work.event_total)
        solve(matrix, pivots, elimination.steps, here)
        for t in range(len(pulls)):
            add_product(counts, pulls[t, 2], slopes, pulls[t, 0], here, pulls[t, 1])
        for event in range(len(counts)):
            multiply(counts, event, inverse, 1)
    add(z, 1.0, stages[STAGES - 1])
    set_to(work.events, 1.0, event_stages[STAGES - 1])
    for j in range(STAGES - 1):
        add(work.events, _A[STAGES - 1, j], event_stages[j])


@in_place
def errors(
    y: Array, z: Array, estimate: Array, tolerance: float, floor: Array, error: Array, lowest: Array
) -> None:
    """Write the largest error of each lane relative to what is allowed, and its lowest value."""
    for lane in range(error.size):
        error[lane] = lowest[lane] = 0.0
    for row in range(len(y)):
        for lane in range(error.size):
            new = z[row, lane]
            size = max(abs(y[row, lane]), abs(new)) + floor[row]
            found = abs(estimate[row, lane]) / size
            # What is not a number, or infinite, is further off than any.
            found = found if found + abs(new) < 1e300 else 1e300
            error[lane] = max(error[lane], found)
            lowest[lane] = new if new < lowest[lane] else lowest[lane]
    for lane in range(error.size):
        error[lane] /= tolerance


@njit(error_model="numpy", cache=True)
def work_arrays(
    size: int, entries: int, sites: int, species: int, reactions: int, lanes: int
) -> Work:
    """Return the arrays that steps are worked out in."""
    events = reactions * sites
    density, rate, slopes = (
        rows(species * sites, lanes),
        rows(events, lanes),
        rows(events * species, lanes),
    )
    wide = sites * lanes
    local = Local(density, rate, density.reshape((species, wide)), rate.reshape((reactions, wide)))
    return Work(
        rows(entries, lanes),
        rows(size, lanes),
        rows(size, lanes),
        np.zeros((STAGES, size, lanes)),
        rows(size, lanes),
        rows(events, lanes),
        np.zeros((STAGES, events, lanes)),
        rows(events, lanes),
        slopes,
        slopes.reshape((reactions * species, wide)),
        rows(2 + STAGES, lanes),
        local,
    )


@njit(error_model="numpy", cache=True)
def transport_part(values: Array, transfers: Places, entries: int) -> Array:
    """Return the part of the matrix that transport makes."""
    result = rows(entries, values.shape[1])
    for t in range(len(transfers)):
        for lane in range(values.shape[1]):
            result[transfers[t, 3], lane] -= values[transfers[t, 2], lane]
    return result
