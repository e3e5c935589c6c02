"""Compiled runs of organ kinetics, many animals at once, each with its own time and step."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import float64, int64, types, void
from numpy.typing import NDArray

from cartflow.core.compiling import njit
from cartflow.pbpk.organs.lane_algebra import rows
from cartflow.pbpk.organs.lanes import LANES
from cartflow.pbpk.organs.mending import mended
from cartflow.pbpk.organs.rosenbrock import STAGES, attempt, errors, transport_part, work_arrays

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0
_SMALLEST = 1e-13  # of the time to go; a smaller step is a failure

FINISHED, TOO_SMALL, TOO_MANY = 0, 1, 2


@njit(error_model="numpy", cache=True)
def _begin(
    y: Array, lane: int, segment: Any, plan: Any, share: float, supply: Array, rise: Array
) -> bool:
    """Give what a segment begins with, and set what it supplies; return whether there is any."""
    given = False
    for row in range(len(y)):
        amount = plan[2][segment, row] * share
        y[row, lane] += amount
        new = plan[3][segment, row] * share
        given = given or amount != 0.0 or new != supply[row, lane]
        supply[row, lane] = new
        rise[row, lane] = plan[5][segment, row] * share
    return given


@njit(error_model="numpy", cache=True)
def _next_steps(clock: Any, ends: Array, step: Array) -> None:
    """Choose each lane's step: the one wanted, or what is left of its segment or half of it."""
    time, wanted, segment, _, active = clock
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
def _keep(y: Array, counts: Array, lane: int, target: Array, events: Array) -> None:
    """Copy a lane's state and its events so far."""
    for row in range(len(y)):
        target[row] = y[row, lane]
    for event in range(len(counts)):
        events[event] = counts[event, lane]


@njit(error_model="numpy", cache=True)
def _take(
    y: Array,
    counts: Array,
    z: Array,
    events: Array,
    lane: int,
    supply: Array,
    rise: Array,
    step: float,
) -> None:
    """Accept a lane's step; a supply that rises has risen by its `step` (0 if none does)."""
    for row in range(len(y)):
        y[row, lane] = z[row, lane]
    for event in range(len(counts)):
        counts[event, lane] += events[event, lane]
    if step > 0.0:
        for row in range(len(y)):
            supply[row, lane] += rise[row, lane] * step


@njit(error_model="numpy", cache=True)
def _arrive(
    y: Array,
    counts: Array,
    supply: Array,
    rise: Array,
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
        if active[lane] and _begin(y, lane, segment[lane], plan, shares[lane], supply, rise):
            wanted[lane] = min(wanted[lane], _first_step(values, lane))


@njit(error_model="numpy", cache=True)
def _factor(error: float, good: bool) -> float:
    """Return what the next step is multiplied with, for an estimate of order three."""
    if not (good and error < 1e300):
        return _SHRINK
    factor: float = min(_GROW, max(_SHRINK, _SAFETY * max(error, 1e-12) ** -0.25))
    return factor


@njit(error_model="numpy", cache=True)
def _move_on(lane: int, factor: float, step: Array, ends: Array, clock: Any) -> None:
    """Move a lane's time by the step it has taken, and choose the next one."""
    time, wanted, segment = clock[:3]
    end = ends[segment[lane]]
    time[lane] = end if step[lane] >= end - time[lane] else time[lane] + step[lane]
    # A step cut short by the end of a segment says little about the next.
    if factor < 1.0 or step[lane] * factor > wanted[lane]:
        wanted[lane] = step[lane] * factor


@njit(error_model="numpy", cache=True)
def _refuse(
    lane: int, factor: float, step: Array, ends: Array, clock: Any, report: Any, most: int
) -> None:
    """Try a lane's step again, shorter; give it up if that is too short, or tried too often."""
    wanted, active = clock[1], clock[4]
    wanted[lane] = step[lane] * min(factor, 0.5)
    report[lane, 2] += 1
    if wanted[lane] < _SMALLEST * ends[-1]:
        report[lane, 0], active[lane] = TOO_SMALL, False
    elif report[lane, 1] + report[lane, 2] >= most:
        report[lane, 0], active[lane] = TOO_MANY, False


@njit(error_model="numpy", cache=True)
def _clock(number: int, values: Array) -> Any:
    """Return time, wanted step, segment, place to keep the next state in, and whether at work."""
    time, wanted = np.zeros((2, LANES))
    segment = np.zeros(LANES, dtype=np.int64)
    kept = np.ones(LANES, dtype=np.int64)  # the first place is the start's
    active = np.zeros(LANES, dtype=np.bool_)
    for lane in range(number):
        active[lane] = True
        wanted[lane] = _first_step(values, lane)
    return time, wanted, segment, kept, active


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
    types.Tuple((_VECTOR, _INDICES, _MATRIX, _MATRIX, _VECTOR, _MATRIX)),
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
    beginning of each, what is supplied per day, each animal's share of both, and by how much the
    supply rises each day. `results` are the kept states and events, of which the first place
    stays as it is, and the report (status, steps, refused steps).
    """
    ends, shares, report = plan[0], plan[4], results[2]
    entries, reactions, phenotypes, compartments, most = sizes
    tolerance, floor = rules
    values, number = animals[0], len(report)
    transport = transport_part(values, system[0], entries)
    species, sites = system[1].shape
    work = work_arrays(len(y), entries, sites, species, reactions)
    z, estimate, events = work[2], work[3][STAGES - 1], work[5]
    counts, supply, rise = rows(len(events)), rows(len(y)), rows(len(y))
    step, error, least, lowest = np.zeros((4, LANES))
    limit = tolerance * floor
    rising = plan[5].any()
    clock = _clock(number, values)
    active = clock[4]
    for lane in range(number):
        _begin(y, lane, 0, plan, shares[lane], supply, rise)
    while active.any():
        _next_steps(clock, ends, step)
        attempt(
            rates,
            jacobian,
            y,
            (supply, rise, rising),
            system,
            elimination,
            animals,
            transport,
            step,
            work,
            least,
        )
        errors(y, z, estimate, tolerance, floor, error, lowest)
        for lane in range(number):
            if not active[lane]:
                continue
            factor = _factor(error[lane], least[lane] > 0.0)
            passed = least[lane] > 0.0 and error[lane] <= 1.0
            if passed and lowest[lane] < 0.0:
                passed = mended(z, events, lane, limit, phenotypes, compartments, system)
            if passed:
                _take(y, counts, z, events, lane, supply, rise, step[lane] * rising)
                _move_on(lane, factor, step, ends, clock)
                report[lane, 1] += 1
                _arrive(y, counts, supply, rise, lane, plan, clock, values, results)
            else:
                _refuse(lane, factor, step, ends, clock, report, most)
