"""Compiled steps of linear transport with local reactions, stiff, many animals at once.

The method is RODAS (Hairer and Wanner, Solving Ordinary Differential Equations II, 1996): six
stages, order four with an estimate of order three, L-stable. Each animal is one lane with its
own time and step, so that what it computes does not depend on its neighbours.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import float64, int64, njit, types, void
from numpy.typing import NDArray

from cartflow.pbpk.lanes import (
    LANES,
    add_product,
    multiply,
    set_positive,
    set_product,
    subtract_product,
)

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

STAGES = 6
_GAMMA = 0.25
# a[i, j] multiplies stage j in the argument of stage i, c[i, j] / step in its right-hand side.
_A = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1.544, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0, 0.0],
        [3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 0.0, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0, 0.0],
    ]
)
_C = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [-5.6688, 0.0, 0.0, 0.0, 0.0],
        [-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0],
        [-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0],
        [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0.0],
        [
            8.083246795921522,
            -7.981132988064893,
            -31.52159432874371,
            16.31930543123136,
            -6.058818238834054,
        ],
    ]
)
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0
_SMALLEST = 1e-13  # of the time to go; a smaller step is a failure

FINISHED, TOO_SMALL, TOO_MANY = 0, 1, 2


@njit(error_model="numpy", cache=True)
def _rows(number: int) -> Array:
    """Return zeros, shape (number, LANES)."""
    return np.zeros((number, LANES))


@njit(error_model="numpy", cache=True)
def _set(target: Array, factor: float, source: Array) -> None:
    """Set to `factor` times `source`, both (rows, LANES)."""
    # An assignment of slices would compile the text of its errors too, which takes seconds.
    flat, values = target.reshape(-1), source.reshape(-1)
    for i in range(flat.size):
        flat[i] = factor * values[i]


@njit(error_model="numpy", cache=True)
def _densities(y: Array, places: Places, shares: Array, density: Array) -> None:
    """Write the densities at all sites; beyond zero, where a stage may stray, there are none."""
    species, sites = places.shape
    for s in range(species):
        for site in range(sites):
            set_positive(density, s * sites + site, y, places[s, site])
            multiply(density, s * sites + site, shares, site)


@njit(error_model="numpy", cache=True)
def _change(
    rates: Any,
    y: Array,
    supply: Array,
    system: Any,
    animals: Any,
    local: Any,
    change: Array,
    events: Array,
) -> None:
    """Write the change of the state per day, and the events per day, one reaction and site a row.

    `local` holds densities and rates twice: as rows, and with all sites of a species in one.
    """
    transfers, places, effects, factors = system
    values, volumes, shares, parameters = animals
    density, rate, wide_density, wide_rate = local
    _set(change, 1.0, supply)
    for t in range(len(transfers)):
        add_product(change, transfers[t, 0], values, transfers[t, 2], y, transfers[t, 1])
    _densities(y, places, shares, density)
    rates(wide_density, parameters, 0, wide_density.shape[1], wide_rate)
    for event in range(len(events)):
        set_product(events, event, rate, event, volumes, event % len(volumes))
    for e in range(len(effects)):
        add_product(change, effects[e, 0], factors, e, events, effects[e, 1])


@njit(error_model="numpy", cache=True)
def _slopes(
    jacobian: Any,
    y: Array,
    system: Any,
    animals: Any,
    local: Any,
    slopes: Array,
    wide_slopes: Array,
) -> None:
    """Write the derivative of every rate to every species at all sites."""
    density, wide_density = local[0], local[2]
    _densities(y, system[1], animals[2], density)
    jacobian(wide_density, animals[3], 0, wide_density.shape[1], wide_slopes)
    flat = slopes.reshape(-1)
    for i in range(flat.size):
        # An infinite slope would stop the step; without it only the estimate is worse.
        if not abs(flat[i]) < 1e300:
            flat[i] = 0.0


@njit(error_model="numpy", cache=True)
def _factorise(
    transport: Array,
    slopes: Array,
    elimination: Any,
    inverse: Array,
    matrix: Array,
    pivots: Array,
    least: Array,
) -> None:
    """Write L and U of 1/(gamma step) less the Jacobian, and the least pivot of each lane.

    `transport` is the part of the matrix that never changes, `inverse` 1/(gamma step).
    """
    steps, local, local_factors, _ = elimination
    order, diagonal, starts, lower, update, _ = steps
    _set(matrix, 1.0, transport)
    for t in range(len(local)):
        subtract_product(matrix, local[t, 0], local_factors, t, slopes, local[t, 1])
    for lane in range(LANES):
        least[lane] = 1e300
    for k in range(len(order)):
        pivot, place = order[k], diagonal[order[k]]
        for lane in range(LANES):
            value = matrix[place, lane] + inverse[0, lane]
            least[lane] = value if value < least[lane] else least[lane]
            pivots[pivot, lane] = 1.0 / value
        for t in range(starts[k, 0], starts[k + 1, 0]):
            multiply(matrix, lower[t, 0], pivots, pivot)
        for t in range(starts[k, 1], starts[k + 1, 1]):
            subtract_product(matrix, update[t, 0], matrix, update[t, 1], matrix, update[t, 2])


@njit(error_model="numpy", cache=True)
def _solve(matrix: Array, pivots: Array, steps: Any, x: Array) -> None:
    """Replace the right-hand side `x` by the solution."""
    order, _, starts, lower, _, upper = steps
    for k in range(len(order)):
        for t in range(starts[k, 0], starts[k + 1, 0]):
            subtract_product(x, lower[t, 1], matrix, lower[t, 0], x, order[k])
    for k in range(len(order) - 1, -1, -1):
        multiply(x, order[k], pivots, order[k])
        for t in range(starts[k, 2], starts[k + 1, 2]):
            subtract_product(x, upper[t, 1], matrix, upper[t, 0], x, order[k])


@njit(error_model="numpy", cache=True)
def _add(target: Array, factor: float, other: Array) -> None:
    """Add `factor` times `other`, both (rows, LANES)."""
    flat, source = target.reshape(-1), other.reshape(-1)
    for i in range(flat.size):
        flat[i] += factor * source[i]


@njit(error_model="numpy", cache=True)
def _add_earlier(target: Array, stage: int, stages: Array, inverse: Array, total: Array) -> None:
    """Add the earlier stages, combined and divided by the step, to a right-hand side."""
    if stage == 0:
        return
    _set(total, _GAMMA * _C[stage, 0], stages[0])
    for j in range(1, stage):
        _add(total, _GAMMA * _C[stage, j], stages[j])
    for row in range(len(total)):
        add_product(target, row, total, row, inverse, 0)


@njit(error_model="numpy", cache=True)
def _attempt(
    rates: Any,
    jacobian: Any,
    y: Array,
    supply: Array,
    system: Any,
    elimination: Any,
    animals: Any,
    transport: Array,
    step: Array,
    work: Any,
    least: Array,
) -> None:
    """Try one step of every lane: the new state in z, its events, the error in the last stage."""
    matrix, pivots, z, stages, total, events, event_stages, event_total = work[:8]
    slopes, wide_slopes, inverse = work[8:11]
    local = work[11:]
    pulls = elimination[3]
    for lane in range(LANES):
        inverse[0, lane] = 1.0 / (_GAMMA * step[lane])
        inverse[1, lane] = _GAMMA * step[lane]
    _slopes(jacobian, y, system, animals, local, slopes, wide_slopes)
    _factorise(transport, slopes, elimination, inverse, matrix, pivots, least)
    for s in range(STAGES):
        _set(z, 1.0, y)
        for j in range(s):
            if _A[s, j] != 0.0:
                _add(z, _A[s, j], stages[j])
        here, counts = stages[s], event_stages[s]
        _change(rates, z, supply, system, animals, local, here, counts)
        _add_earlier(here, s, stages, inverse, total)
        _add_earlier(counts, s, event_stages, inverse, event_total)
        _solve(matrix, pivots, elimination[0], here)
        for t in range(len(pulls)):
            add_product(counts, pulls[t, 2], slopes, pulls[t, 0], here, pulls[t, 1])
        for event in range(len(counts)):
            multiply(counts, event, inverse, 1)
    _add(z, 1.0, stages[STAGES - 1])
    _set(events, 1.0, event_stages[STAGES - 1])
    for j in range(STAGES - 1):
        _add(events, _A[STAGES - 1, j], event_stages[j])


@njit(error_model="numpy", cache=True)
def _errors(
    y: Array, z: Array, estimate: Array, tolerance: float, floor: Array, error: Array, lowest: Array
) -> None:
    """Write the largest error of each lane relative to what is allowed, and its lowest value."""
    for lane in range(LANES):
        error[lane] = lowest[lane] = 0.0
    for row in range(len(y)):
        for lane in range(LANES):
            new = z[row, lane]
            size = max(abs(y[row, lane]), abs(new)) + floor[row]
            found = abs(estimate[row, lane]) / size
            # What is not a number is larger than any.
            error[lane] = error[lane] if error[lane] >= found else found
            lowest[lane] = new if new < lowest[lane] else lowest[lane]
    for lane in range(LANES):
        error[lane] /= tolerance


@njit(error_model="numpy", cache=True)
def _negative(z: Array, lane: int, limit: Array) -> tuple[bool, bool]:
    """Return whether a lane has negative values, and whether all are within `limit` of zero."""
    found, small = False, True
    for row in range(len(z)):
        if z[row, lane] < 0.0:
            found = True
            small = small and -z[row, lane] <= limit[row]
    return found, small


@njit(error_model="numpy", cache=True)
def _mend_travellers(z: Array, lane: int, first: int, last: int) -> bool:
    """Take negative counts of one phenotype from its other compartments, in proportion."""
    total = held = 0.0
    for row in range(first, last):
        total += z[row, lane]
        held += max(z[row, lane], 0.0)
    for row in range(first, last):
        z[row, lane] = max(z[row, lane], 0.0) * (total / held) if held > 0.0 else 0.0
    return total >= 0.0


@njit(error_model="numpy", cache=True)
def _mend_local(
    z: Array, events: Array, lane: int, row: int, effects: Places, factors: Array
) -> bool:
    """Take back as many events as used up too much of what stays in a row of the state."""
    most, chosen, taken = 0.0, -1, 0.0
    for e in range(len(effects)):
        used = -factors[e, lane] * events[effects[e, 1], lane]
        if effects[e, 0] == row and used > most:
            most, chosen = used, effects[e, 1]
            taken = z[row, lane] / factors[e, lane]
    if chosen < 0:
        return False
    events[chosen, lane] -= taken
    for e in range(len(effects)):
        if effects[e, 1] == chosen:
            z[effects[e, 0], lane] -= factors[e, lane] * taken
    z[row, lane] = 0.0
    return True


@njit(error_model="numpy", cache=True)
def _mended(
    z: Array,
    events: Array,
    lane: int,
    limit: Array,
    phenotypes: int,
    compartments: int,
    system: Any,
) -> bool:
    """Make a lane non-negative without losing a cell; return whether that could be done."""
    if not _negative(z, lane, limit)[1]:
        return False
    for row in range(phenotypes * compartments, len(z)):
        if z[row, lane] < 0.0 and not _mend_local(z, events, lane, row, system[2], system[3]):
            return False
    for p in range(phenotypes):
        if not _mend_travellers(z, lane, p * compartments, (p + 1) * compartments):
            return False
    return not _negative(z, lane, limit)[0]


@njit(error_model="numpy", cache=True)
def _begin(y: Array, lane: int, segment: Any, plan: Any, share: float, supply: Array) -> bool:
    """Give what a segment begins with, and set what it supplies; return whether there is any."""
    given = False
    for row in range(len(y)):
        amount = plan[2][segment, row] * share
        y[row, lane] += amount
        new = plan[3][segment, row] * share
        given = given or amount != 0.0 or new != supply[row, lane]
        supply[row, lane] = new
    return given


@njit(error_model="numpy", cache=True)
def _next_steps(
    time: Array, segment: Any, ends: Array, wanted: Array, active: Any, step: Array
) -> None:
    """Choose each lane's step: the one wanted, or what is left of its segment or half of it."""
    for lane in range(LANES):
        step[lane] = 1.0
        if active[lane]:
            left = ends[segment[lane]] - time[lane]
            step[lane] = wanted[lane]
            if wanted[lane] >= 0.999 * left:
                step[lane] = left
            elif wanted[lane] > 0.5 * left:
                step[lane] = 0.5 * left


@njit(error_model="numpy", cache=True)
def _first_step(values: Array, lane: int) -> float:
    """Return a tenth of the shortest residence time."""
    fastest = 0.0
    for row in range(len(values)):
        fastest = max(fastest, abs(values[row, lane]))
    return 0.1 / fastest if fastest > 0.0 else 1e-3


@njit(error_model="numpy", cache=True)
def _work(size: int, entries: int, sites: int, species: int, reactions: int) -> tuple[Array, ...]:
    """Return the arrays that steps are worked out in."""
    events = reactions * sites
    density, rate, slopes = _rows(species * sites), _rows(events), _rows(events * species)
    return (
        _rows(entries),
        _rows(size),
        _rows(size),
        np.zeros((STAGES, size, LANES)),
        _rows(size),
        _rows(events),
        np.zeros((STAGES, events, LANES)),
        _rows(events),
        slopes,
        slopes.reshape((reactions * species, sites * LANES)),
        _rows(2),
        density,
        rate,
        density.reshape((species, sites * LANES)),
        rate.reshape((reactions, sites * LANES)),
    )


@njit(error_model="numpy", cache=True)
def _transport(values: Array, transfers: Places, entries: int) -> Array:
    """Return the part of the matrix that transport makes."""
    result = _rows(entries)
    for t in range(len(transfers)):
        for lane in range(LANES):
            result[transfers[t, 3], lane] -= values[transfers[t, 2], lane]
    return result


@njit(error_model="numpy", cache=True)
def _keep(y: Array, counts: Array, lane: int, target: Array, events: Array) -> None:
    """Copy a lane's state and its events so far."""
    for row in range(len(y)):
        target[row] = y[row, lane]
    for event in range(len(counts)):
        events[event] = counts[event, lane]


@njit(error_model="numpy", cache=True)
def _take(y: Array, counts: Array, z: Array, events: Array, lane: int) -> None:
    """Accept a lane's step."""
    for row in range(len(y)):
        y[row, lane] = z[row, lane]
    for event in range(len(counts)):
        counts[event, lane] += events[event, lane]


@njit(error_model="numpy", cache=True)
def _arrive(
    y: Array,
    counts: Array,
    supply: Array,
    lane: int,
    plan: Any,
    clock: Any,
    values: Array,
    results: Any,
) -> None:
    """End a lane's segment: keep its state if asked to, and begin the next one."""
    ends, keeps, shares = plan[0], plan[1], plan[4]
    time, wanted, segment, kept, active = clock
    while active[lane] and time[lane] >= ends[segment[lane]]:
        if keeps[segment[lane]]:
            place = kept[lane]
            _keep(y, counts, lane, results[0][lane, place], results[1][lane, place])
            kept[lane] += 1
        segment[lane] += 1
        active[lane] = segment[lane] < len(ends)
        if active[lane] and _begin(y, lane, segment[lane], plan, shares[lane], supply):
            wanted[lane] = min(wanted[lane], _first_step(values, lane))


@njit(error_model="numpy", cache=True)
def _factor(error: float, good: bool) -> float:
    """Return what the next step is multiplied with, for an estimate of order three."""
    if not (good and error < 1e300):
        return _SHRINK
    return min(_GROW, max(_SHRINK, _SAFETY * max(error, 1e-12) ** -0.25))


_VECTOR, _MATRIX, _CUBE = float64[::1], float64[:, ::1], float64[:, :, ::1]
_INDICES, _PLACES = int64[::1], int64[:, ::1]
_STEPS = types.Tuple((_INDICES, _INDICES, _PLACES, _PLACES, _PLACES, _PLACES))
_BLOCK = types.FunctionType(void(_MATRIX, _MATRIX, int64, int64, _MATRIX))
_SIGNATURE = void(
    _BLOCK,
    _BLOCK,
    types.Tuple((_PLACES, _PLACES, _PLACES, _MATRIX)),
    types.Tuple((_STEPS, _PLACES, _MATRIX, _PLACES)),
    types.Tuple((_MATRIX, _MATRIX, _MATRIX, _MATRIX)),
    types.Tuple((_VECTOR, _INDICES, _MATRIX, _MATRIX, _VECTOR)),
    types.UniTuple(int64, 5),
    types.Tuple((float64, _VECTOR)),
    _MATRIX,
    types.Tuple((_CUBE, _CUBE, _PLACES)),
)


@njit(_SIGNATURE, error_model="numpy", cache=True, nogil=True)
def run(
    rates: Any,
    jacobian: Any,
    system: Any,
    elimination: Any,
    animals: Any,
    plan: Any,
    sizes: Any,
    rules: Any,
    y: Array,
    results: Any,
) -> None:
    """Take a group of animals, one a lane, through all segments of the plan.

    `animals` holds rates of transport (values, LANES), volumes and their inverses (sites,
    LANES) and parameters (parameters, sites LANES), `y` the states (size, LANES). The plan has
    the ends of its segments (days), whether the state there is kept, what is given at the
    beginning of each, what is supplied per day, and each animal's share of both. `results` are
    the kept states and events, of which the first place stays as it is, and the report (status,
    steps, refused steps).
    """
    ends, report = plan[0], results[2]
    entries, reactions, phenotypes, compartments, most = sizes
    tolerance, floor = rules
    values, number = animals[0], len(report)
    transport = _transport(values, system[0], entries)
    species, sites = system[1].shape
    work = _work(len(y), entries, sites, species, reactions)
    z, estimate, events = work[2], work[3][STAGES - 1], work[5]
    counts, supply = _rows(len(events)), _rows(len(y))
    time, step, wanted, error, least, lowest = np.zeros((6, LANES))
    limit = tolerance * floor
    segment, kept = np.zeros((2, LANES), dtype=np.int64)
    kept[:] = 1  # the first place is the start's
    active = np.zeros(LANES, dtype=np.bool_)
    clock = time, wanted, segment, kept, active
    for lane in range(number):
        active[lane] = True
        _begin(y, lane, 0, plan, plan[4][lane], supply)
        wanted[lane] = _first_step(values, lane)
    while active.any():
        _next_steps(time, segment, ends, wanted, active, step)
        _attempt(
            rates, jacobian, y, supply, system, elimination, animals, transport, step, work, least
        )
        _errors(y, z, estimate, tolerance, floor, error, lowest)
        for lane in range(number):
            if not active[lane]:
                continue
            factor = _factor(error[lane], least[lane] > 0.0)
            passed = least[lane] > 0.0 and error[lane] <= 1.0
            if passed and lowest[lane] < 0.0:
                passed = _mended(z, events, lane, limit, phenotypes, compartments, system)
            if passed:
                _take(y, counts, z, events, lane)
                left = ends[segment[lane]] - time[lane]
                time[lane] += left if step[lane] >= left else step[lane]
                if factor < 1.0 or step[lane] * factor > wanted[lane]:
                    wanted[lane] = step[lane] * factor
                report[lane, 1] += 1
                _arrive(y, counts, supply, lane, plan, clock, values, results)
                continue
            wanted[lane] = step[lane] * min(factor, 0.5)
            report[lane, 2] += 1
            if wanted[lane] < _SMALLEST * ends[-1]:
                report[lane, 0], active[lane] = TOO_SMALL, False
            elif report[lane, 1] + report[lane, 2] >= most:
                report[lane, 0], active[lane] = TOO_MANY, False
