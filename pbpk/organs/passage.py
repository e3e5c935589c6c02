"""A compiled run of one animal past many times, at each of which its state is handed out.

What happens between two of these times hangs on nothing but the state, the step that is wanted and
what is supplied, so that a run can go on from any of them to the same bits.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import float64, int64, types
from numpy.typing import NDArray

from cartflow.core.compiling import in_place, njit
from cartflow.pbpk.organs.arrays import Clock, Group, Matrix, Sizes, Steps, Supplies, System
from cartflow.pbpk.organs.clock import first_step, next_steps
from cartflow.pbpk.organs.floors import Counting, floors
from cartflow.pbpk.organs.lane_algebra import rows
from cartflow.pbpk.organs.rosenbrock import STAGES, attempt, errors, transport_part, work_arrays
from cartflow.pbpk.organs.steps import BLOCK, MATRIX, STEPS, SYSTEM, judged

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

UNBALANCED = 3  # the status beside those of the clock
_ROUNDING = 1e-8  # of all there was and that was made, which thousands of steps may add up to


class Handed(NamedTuple):
    """What is handed out: `states` (times, size), `counts` (times, counts) since the time before.

    `steps` (times, 2) are taken and refused, `wanted` (times,) the next step in days.
    """

    states: Array
    counts: Array
    steps: Places
    wanted: Array

    def first(self, number: int) -> Handed:
        """Return that of so many times."""
        n = number
        return Handed(self.states[:n], self.counts[:n], self.steps[:n], self.wanted[:n])


_VECTOR, _ROWS = float64[::1], float64[:, ::1]
_INDICES, _PLACES = int64[::1], int64[:, ::1]
_COUNTING = types.Tuple(
    (_ROWS, int64, _INDICES, _PLACES, _VECTOR, _INDICES, _ROWS, _INDICES, float64, _VECTOR)
)
_SIGNATURE = types.UniTuple(int64, 2)(
    BLOCK,
    BLOCK,
    SYSTEM,
    STEPS,
    MATRIX,
    types.UniTuple(_ROWS, 5),
    types.UniTuple(int64, 5),
    _COUNTING,
    float64,
    float64,
    int64,
    _VECTOR,
    _VECTOR,
    _ROWS,
    types.Tuple((_ROWS, _ROWS, _PLACES, _VECTOR)),
)


@in_place
def _closed(y: Array, most: Array, system: System, counting: Counting, counts: Array) -> bool:
    """Scale what circulates to what was there and given, made and used; return whether it fits."""
    number = len(counting.circulating)
    for c in range(number):
        size, got = counts[counting.made + c], 0.0
        for row in range(system.groups[c, 0], system.groups[c, 1]):
            size += most[row]
            got += y[row, 0]
        wanted = size - counts[counting.made + number + c]
        if not abs(wanted - got) <= _ROUNDING * size:
            return False
        if wanted > 0.0 and got > 0.0:
            for row in range(system.groups[c, 0], system.groups[c, 1]):
                y[row, 0] *= wanted / got
    return True


@in_place
def _count(events: Array, tallies: Array, sites: int, counts: Array) -> None:
    """Write what events (reactions x sites) come to."""
    for k in range(len(tallies)):
        total = 0.0
        for r in range(tallies.shape[1]):
            for site in range(sites):
                total += tallies[k, r] * events[r * sites + site, 0]
        counts[k] = total


@in_place
def _hand_out(y: Array, counting: Counting, state: Array) -> None:
    """Copy a state, after which what it gathered begins anew."""
    for row in range(len(y)):
        state[row] = y[row, 0]
    for g in range(len(counting.gathered)):
        y[counting.gathered[g], 0] = 0.0


@in_place
def _begin(counts: Array, report: Places) -> None:
    """Set to zero what is counted from one time to the next."""
    for event in range(len(counts)):
        counts[event, 0] = 0.0
    for k in range(report.shape[1]):
        report[0, k] = 0


@njit(_SIGNATURE, error_model="numpy", cache=True, nogil=True)
def _pass(
    rates: Any,
    jacobian: Any,
    where: Any,
    steps: Any,
    local: Any,
    group: Any,
    numbers: Any,
    counted: Any,
    tolerance: float,
    wanted: float,
    enough: int,
    lengths: Array,
    supply: Array,
    y: Array,
    written: Any,
) -> tuple[int, int]:
    """Do what `passed` says, with the members of all tuples named again."""
    system, elimination, animals = System(*where), Matrix(Steps(*steps), *local), Group(*group)
    sizes, counting, handed = Sizes(*numbers), Counting(*counted), Handed(*written)
    transport = transport_part(animals.rates, system.transfers, sizes.entries)
    species, sites = system.places.shape
    work = work_arrays(len(y), sizes.entries, sites, species, sizes.reactions, 1)
    counts = rows(len(work.events), 1)
    supplies = Supplies(supply.reshape((len(y), 1)), rows(len(y), 1), False)
    step, error, least, lowest = np.zeros((4, 1))
    most, report, ends = np.empty(len(y)), np.zeros((1, 3), dtype=np.int64), np.zeros(1)
    none = np.zeros(1, dtype=np.int64)
    clock = Clock(np.zeros(1), np.zeros(1), none, none, np.ones(1, dtype=np.bool_))
    clock.wanted[0] = wanted if wanted > 0.0 else first_step(animals.rates, 0)
    taken = 0
    for n in range(lengths.size):
        for row in range(len(y)):
            most[row] = y[row, 0] + lengths[n] * supply[row]
        floor = floors(rates, most, system, animals, sizes, counting)
        limit = tolerance * floor
        clock.time[0], ends[0] = 0.0, lengths[n]
        _begin(counts, report)
        while clock.active[0] and clock.time[0] < ends[0]:
            next_steps(clock, ends, step)
            attempt(
                rates,
                jacobian,
                y,
                supplies,
                system,
                elimination,
                animals,
                transport,
                step,
                work,
                least,
            )
            errors(y, work.z, work.stages[STAGES - 1], tolerance, floor, error, lowest)
            judged(
                0,
                y,
                counts,
                work,
                supplies,
                clock,
                ends,
                step,
                (error[0], least[0], lowest[0]),
                limit,
                sizes,
                system,
                report,
            )
        if report[0, 0] != 0:
            return n, report[0, 0]
        _count(counts, counting.tallies, sites, handed.counts[n])
        if not _closed(y, most, system, counting, handed.counts[n]):
            return n, UNBALANCED
        _hand_out(y, counting, handed.states[n])
        handed.steps[n, 0], handed.steps[n, 1] = report[0, 1], report[0, 2]
        handed.wanted[n] = clock.wanted[0]
        taken += report[0, 1] + report[0, 2]
        if taken >= enough:
            return n + 1, 0
    return lengths.size, 0


def passed(
    rates: Any,
    jacobian: Any,
    system: System,
    elimination: Matrix,
    animals: Group,
    sizes: Sizes,
    counting: Counting,
    tolerance: float,
    wanted: float,
    enough: int,
    lengths: Array,
    supply: Array,
    y: Array,
    handed: Handed,
) -> tuple[int, int]:
    """Take the animal of state `y` (size, 1) past times that are `lengths` (days) apart.

    It is given `supply` (size,) a day. The first step is the one `wanted` (days), or for 0 that of
    a beginning. After `enough` steps no further time is passed. Return how many were, and the
    status: that of the clock, or UNBALANCED.
    """
    # As in `cartflow.pbpk.organs.steps.run`: named tuples take numba long to look at.
    n, status = _pass(
        rates,
        jacobian,
        tuple(system),
        tuple(elimination.steps),
        tuple(elimination[1:]),
        tuple(animals),
        tuple(sizes),
        tuple(counting),
        tolerance,
        wanted,
        enough,
        lengths,
        supply,
        y,
        tuple(handed),
    )
    return int(n), int(status)
