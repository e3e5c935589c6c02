"""Compiled runs of organ kinetics, many animals at once, each with its own time and step."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import float64, int64, types, void
from numpy.typing import NDArray

from cartflow.core.compiling import in_place, njit
from cartflow.pbpk.organs.arrays import (
    Clock,
    Group,
    Matrix,
    Results,
    Rules,
    Segments,
    Sizes,
    Steps,
    Supplies,
    System,
    Work,
)
from cartflow.pbpk.organs.clock import first_step, growth, move_on, next_steps, refuse, started
from cartflow.pbpk.organs.lane_algebra import rows
from cartflow.pbpk.organs.mending import mended
from cartflow.pbpk.organs.rosenbrock import STAGES, attempt, errors, transport_part, work_arrays

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


@in_place
def _begin(
    y: Array, lane: int, segment: int, plan: Segments, share: float, supplies: Supplies
) -> bool:
    """Give what a segment begins with, and set what it supplies; return whether there is any."""
    given, supply = False, supplies.supply
    for row in range(len(y)):
        amount = plan.given[segment, row] * share
        y[row, lane] += amount
        new = plan.supplied[segment, row] * share
        given = given or amount != 0.0 or new != supply[row, lane]
        supply[row, lane] = new
        supplies.rise[row, lane] = plan.rising[segment, row] * share
    return given


@in_place
def _keep(y: Array, counts: Array, lane: int, target: Array, events: Array) -> None:
    """Copy a lane's state and its events so far."""
    for row in range(len(y)):
        target[row] = y[row, lane]
    for event in range(len(counts)):
        events[event] = counts[event, lane]


@in_place
def _take(y: Array, counts: Array, work: Work, lane: int, supplies: Supplies, step: float) -> None:
    """Accept a lane's step; a supply that rises has risen by its `step`."""
    for row in range(len(y)):
        y[row, lane] = work.z[row, lane]
    for event in range(len(counts)):
        counts[event, lane] += work.events[event, lane]
    if supplies.rising:
        for row in range(len(y)):
            supplies.supply[row, lane] += supplies.rise[row, lane] * step


@in_place
def _arrive(
    y: Array,
    counts: Array,
    supplies: Supplies,
    lane: int,
    plan: Segments,
    clock: Clock,
    rates: Array,
    results: Results,
) -> None:
    """End a lane's segment: keep its state if asked to, and begin the next one."""
    segment, kept, active, wanted = clock.segment, clock.kept, clock.active, clock.wanted
    while active[lane] and clock.time[lane] >= plan.ends[segment[lane]]:
        if plan.kept[segment[lane]]:
            place = kept[lane]
            _keep(y, counts, lane, results.states[lane, place], results.events[lane, place])
            kept[lane] += 1
        segment[lane] += 1
        active[lane] = segment[lane] < len(plan.ends)
        share = plan.shares[lane]
        if active[lane] and _begin(y, lane, segment[lane], plan, share, supplies):
            wanted[lane] = min(wanted[lane], first_step(rates, lane))


@in_place
def judged(
    lane: int,
    y: Array,
    counts: Array,
    work: Work,
    supplies: Supplies,
    clock: Clock,
    ends: Array,
    step: Array,
    found: tuple[float, float, float],
    limit: Array,
    sizes: Sizes,
    system: System,
    report: Places,
) -> bool:
    """Take a lane's step or refuse it, by its error, least pivot and lowest value; say which."""
    error, least, lowest = found
    factor = growth(error, least > 0.0)
    passed = least > 0.0 and error <= 1.0
    if passed and lowest < 0.0:
        passed = mended(work.z, work.events, lane, limit, sizes, system)
    if passed:
        _take(y, counts, work, lane, supplies, step[lane])
        move_on(lane, factor, step, ends, clock)
        report[lane, 1] += 1
    else:
        refuse(lane, factor, step, ends, clock, report, sizes.most)
    return passed


_VECTOR, _ROWS, _STACK = float64[::1], float64[:, ::1], float64[:, :, ::1]
_INDICES, _PLACES = int64[::1], int64[:, ::1]
STEPS = types.Tuple((_INDICES, _INDICES, _PLACES, _PLACES, _PLACES, _PLACES))
BLOCK = types.FunctionType(void(_ROWS, _ROWS, int64, int64, _ROWS))
SYSTEM = types.Tuple((_PLACES, _PLACES, _PLACES, _ROWS, _PLACES, _PLACES))
MATRIX = types.Tuple((_PLACES, _ROWS, _PLACES, _PLACES))
_SIGNATURE = void(
    BLOCK,
    BLOCK,
    SYSTEM,
    STEPS,
    MATRIX,
    types.UniTuple(_ROWS, 5),
    types.Tuple((_VECTOR, _INDICES, _ROWS, _ROWS, _ROWS, _VECTOR)),
    types.UniTuple(int64, 5),
    types.Tuple((float64, _VECTOR)),
    _ROWS,
    types.Tuple((_STACK, _STACK, _PLACES)),
)


@njit(_SIGNATURE, error_model="numpy", cache=True, nogil=True)
def _run(
    rates: Any,
    jacobian: Any,
    where: Any,
    steps: Any,
    local: Any,
    group: Any,
    segments: Any,
    numbers: Any,
    allowed: Any,
    y: Array,
    written: Any,
) -> None:
    """Do what `run` says, with the members of all tuples named again."""
    system, elimination, animals = System(*where), Matrix(Steps(*steps), *local), Group(*group)
    plan, sizes = Segments(*segments), Sizes(*numbers)
    rules, results = Rules(*allowed), Results(*written)
    ends, report, number = plan.ends, results.report, len(results.report)
    transport = transport_part(animals.rates, system.transfers, sizes.entries)
    species, sites = system.places.shape
    lanes = y.shape[1]
    work = work_arrays(len(y), sizes.entries, sites, species, sizes.reactions, lanes)
    counts = rows(len(work.events), lanes)
    supplies = Supplies(rows(len(y), lanes), rows(len(y), lanes), bool(plan.rising.any()))
    step, error, least, lowest = np.zeros((4, lanes))
    limit = rules.tolerance * rules.floor
    clock = started(number, animals.rates)
    active = clock.active
    for lane in range(number):
        _begin(y, lane, 0, plan, plan.shares[lane], supplies)
    while active.any():
        next_steps(clock, ends, step)
        attempt(
            rates, jacobian, y, supplies, system, elimination, animals, transport, step, work, least
        )
        errors(y, work.z, work.stages[STAGES - 1], rules.tolerance, rules.floor, error, lowest)
        for lane in range(number):
            if not active[lane]:
                continue
            found = error[lane], least[lane], lowest[lane]
            if judged(
                lane,
                y,
                counts,
                work,
                supplies,
                clock,
                ends,
                step,
                found,
                limit,
                sizes,
                system,
                report,
            ):
                _arrive(y, counts, supplies, lane, plan, clock, animals.rates, results)


def run(
    rates: Any,
    jacobian: Any,
    system: System,
    elimination: Matrix,
    animals: Group,
    plan: Segments,
    sizes: Sizes,
    rules: Rules,
    y: Array,
    results: Results,
) -> None:
    """Take a group of animals, one a lane, through all segments of the plan.

    `y` are the states (size, lanes). Of the results the first place stays as it is.
    """
    # numba looks at named tuples one by one, which takes as long as a short run; at others not.
    _run(
        rates,
        jacobian,
        tuple(system),
        tuple(elimination.steps),
        tuple(elimination[1:]),
        tuple(animals),
        tuple(plan),
        tuple(sizes),
        tuple(rules),
        y,
        tuple(results),
    )
