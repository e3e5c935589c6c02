"""Adaptive steps of the one system, compiled from event to event."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import in_place
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.band import first_beyond
from cartflow.coupling.line.counting import Counts, count
from cartflow.coupling.line.ends import (
    fastest_growing,
    largest_error,
    lowest_end,
    nearest_to_end,
    new_state,
    nonnegative,
    share_to_end,
)
from cartflow.coupling.line.room import Room, combined
from cartflow.coupling.line.saving import Saves, Within, save
from cartflow.coupling.line.stages import stages

Array = np.ndarray

# Why `advance` returned, if it is no field's number.
ARRIVED, PAUSED, FALLEN = -1, -2, -3
# How near to its least amount, as a share, and days within which, it is found; organs after a
# dose want steps as short, whatever suits the tissue.
NEAR, SHORTEST = 1e-9, 1e-10
# A step is at most so many times the one before it.
GROWTH = 5.0
_MOST = 1000  # tries between looks at signals, whatever comes of them


class Control(NamedTuple):
    """Error allowed in a step, and bounds of the step in days."""

    tolerance: float
    minimum: float
    maximum: float
    growth: float


class Progress(NamedTuple):
    """Time, the next step and the error of the last one; steps taken, refused, their errors' sum.

    `why` is ARRIVED at the end, PAUSED after many steps, FALLEN where a species is below its least
    amount, else the field (its number, or that of the species for the body) whose error made the
    step fall below the least. So many times were `saved`.
    """

    time: float
    step: float
    last: float
    taken: int
    refused: int
    error_sum: float
    why: int
    saved: int


@in_place
def advance(
    plan: Plan,
    method: Tableau,
    control: Control,
    at: Progress,
    end: float,
    u: Array,
    body: Array,
    supply: Array,
    floor: Array,
    least: Array,
    counts: Counts,
    saves: Saves,
    w: Room,
) -> tuple[float, float, float, int, int, float, int, int]:
    """Advance `u`, `body` and `counts` in place towards `end` (days); return what `Progress` has.

    That is a plain tuple: where a signal interrupts the making of one with names, numba crashes.

    `supply` (see `stages`) is constant until then; amounts below `floor` do not count as errors.
    A species that falls below its `least` amount ends the advance there. Steps are left in `w`,
    and in `saves` what there is at the times that were passed.
    """
    time, step, last, taken, refused = at.time, at.step, at.last, at.taken, at.refused
    error_sum, power = at.error_sum, 1.0 / method.order
    # Of a plain nought numba would compile `save` once more than of what is handed in.
    tries, saved = 0, at.saved
    while time < end:
        tries += 1
        if taken - at.taken >= w.steps.size or tries > _MOST:
            return (time, step, last, taken, refused, error_sum, PAUSED, saved)
        left = end - time
        h = left if step >= left * (1.0 - 1e-9) else min(step, max(0.5 * left, control.minimum))
        stages(plan, method, h, u, body, supply, w)
        combined(method.m, method.m.size, u, body, w)
        error, which = largest_error(plan, method, floor, w)
        beyond = first_beyond(w.band, w.pivots)
        if beyond >= 0:
            # Something grows so fast that the step has damped it, which no estimate tells.
            error, which = np.inf, beyond % u.shape[0]
        if not np.isfinite(error):
            which = fastest_growing(plan, which, w)
        if error <= control.tolerance:
            error = max(error, nonnegative(plan, floor, w))
        scaled = error / control.tolerance
        if not scaled <= 1.0:
            refused += 1
            step = h * (max(0.2, 0.9 * scaled**-power) if np.isfinite(scaled) else 0.2)
            if step < (control.minimum if which < u.shape[0] else min(control.minimum, SHORTEST)):
                return (time, step, last, taken, refused, error_sum, which, saved)
            continue
        lowest = lowest_end(plan, u, w.u, least)
        if lowest < 1.0 - NEAR and h > SHORTEST:
            share = share_to_end(nearest_to_end(plan, u, least), lowest)
            step = max(h * share, 0.99 * SHORTEST)
            continue
        if saved < saves.days.size and saves.days[saved] <= time + h:
            within = Within(taken - at.taken, time, h, control.tolerance)
            saved = save(plan, method, within, u, body, supply, floor, counts, saved, saves, w)
            new_state(plan, method, u, body, floor, w)
        for s in range(u.shape[0]):
            for c in range(u.shape[1]):
                u[s, c] = w.u[s, c]
        for p in range(body.shape[0]):
            for k in range(body.shape[1]):
                body[p, k] = w.body[p, k]
        count(plan, method, method.m, h, h, counts, w)
        w.steps[taken - at.taken] = h
        taken, error_sum = taken + 1, error_sum + error
        # A controller with memory (Gustafsson), so that steps neither creep nor bounce.
        scaled = max(scaled, 1e-6)
        factor = 0.9 * scaled ** (-0.7 * power) * last ** (0.4 * power)
        grown = min(h * min(control.growth, max(0.2, factor)), control.maximum)
        # A step cut short to land on an event does not shorten the step after it.
        step = grown if h == step else max(grown, step)
        time, last = end if h == left else time + h, scaled
        if lowest < 1.0:
            return (time, step, last, taken, refused, error_sum, FALLEN, saved)
    return (time, step, last, taken, refused, error_sum, ARRIVED, saved)
