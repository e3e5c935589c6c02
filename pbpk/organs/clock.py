"""The clocks of compiled runs: each lane's own time, its next step, and when it is given up."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import in_place, njit
from cartflow.pbpk.organs.arrays import Clock

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0
_SMALLEST = 1e-13  # of the time to go; a smaller step is a failure

FINISHED, TOO_SMALL, TOO_MANY = 0, 1, 2


@njit(error_model="numpy", cache=True)
def started(number: int, rates: Array) -> Clock:
    """Return the clock at the start, for `number` lanes at work."""
    lanes = rates.shape[1]
    time, wanted = np.zeros((2, lanes))
    segment = np.zeros(lanes, dtype=np.int64)
    kept = np.ones(lanes, dtype=np.int64)  # the first place is the start's
    active = np.zeros(lanes, dtype=np.bool_)
    for lane in range(number):
        active[lane] = True
        wanted[lane] = first_step(rates, lane)
    return Clock(time, wanted, segment, kept, active)


@in_place
def first_step(rates: Array, lane: int) -> float:
    """Return a tenth of the shortest residence time."""
    fastest = 0.0
    for row in range(len(rates)):
        fastest = max(fastest, abs(rates[row, lane]))
    return 0.1 / fastest if fastest > 0.0 else 1e-3


@in_place
def next_steps(clock: Clock, ends: Array, step: Array) -> None:
    """Choose each lane's step: the one wanted, or what is left of its segment or half of it."""
    time, wanted, segment, active = clock.time, clock.wanted, clock.segment, clock.active
    for lane in range(step.size):
        step[lane] = 1.0
        if active[lane]:
            left = ends[segment[lane]] - time[lane]
            step[lane] = wanted[lane]
            if wanted[lane] >= 0.999 * left:
                step[lane] = left
            elif wanted[lane] > 0.5 * left:
                step[lane] = 0.5 * left


@in_place
def growth(error: float, good: bool) -> float:
    """Return what the next step is multiplied with, for an estimate of order three."""
    if not (good and error < 1e300):
        return _SHRINK
    result: float = min(_GROW, max(_SHRINK, _SAFETY * max(error, 1e-12) ** -0.25))
    return result


@in_place
def move_on(lane: int, factor: float, step: Array, ends: Array, clock: Clock) -> None:
    """Move a lane's time by the step it has taken, and choose the next one."""
    time, wanted, segment = clock.time, clock.wanted, clock.segment
    end = ends[segment[lane]]
    time[lane] = end if step[lane] >= end - time[lane] else time[lane] + step[lane]
    # A step cut short by the end of a segment says little about the next.
    if factor < 1.0 or step[lane] * factor > wanted[lane]:
        wanted[lane] = step[lane] * factor


@in_place
def refuse(
    lane: int, factor: float, step: Array, ends: Array, clock: Clock, report: Places, most: int
) -> None:
    """Try a lane's step again, shorter; give it up if that is too short, or tried too often."""
    wanted, active = clock.wanted, clock.active
    wanted[lane] = step[lane] * min(factor, 0.5)
    report[lane, 2] += 1
    if wanted[lane] < _SMALLEST * ends[-1]:
        report[lane, 0], active[lane] = TOO_SMALL, False
    elif report[lane, 1] + report[lane, 2] >= most:
        report[lane, 0], active[lane] = TOO_MANY, False
