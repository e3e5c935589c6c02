"""Steps that a run took, taken again with their tangents beside them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import in_place
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.room import Room, copy_all
from cartflow.coupling.line.saving import Saves, counts_at, weigh
from cartflow.coupling.line.stages import stages
from cartflow.coupling.tangents.changes import Changes
from cartflow.coupling.tangents.counting import count_slopes
from cartflow.coupling.tangents.ends import new_slopes
from cartflow.coupling.tangents.lanes import Lanes
from cartflow.coupling.tangents.stages import Slope, tangent_stages

Array = np.ndarray


class Going(NamedTuple):
    """A run as it goes: tissue, body and supply, their slopes, and those of what is counted."""

    u: Array
    body: Array
    supply: Array
    slope: Slope
    counts: Counts


class Made(NamedTuple):
    """Slopes at the times that were passed and at the end: times first, numbers last."""

    u: Array
    body: Array
    counts: Counts


class Part(NamedTuple):
    """So many `days` of a step of `h`, after which the state has the stages by their `weights`."""

    weights: Array
    h: float
    days: float


@in_place
def replay(
    plan: Plan,
    changes: Changes,
    method: Tableau,
    steps: Array,
    saves: Saves,
    at: Going,
    floor: Array,
    made: Made,
    w: Room,
    t: Lanes,
) -> None:
    """Take the `steps` (days) again from `at`, and write the slopes at the times to save.

    The state in `at` is that of the run afterwards, to the bit, which needs the same `floor`.
    """
    # Not a plain nought, for which numba would compile `_write` once more.
    n, times = np.int64(0), made.u.shape[0] - 1
    for step in range(steps.size):
        h = steps[step]
        first = n
        while n < times and saves.step[n] == step:
            if saves.apart[n]:
                days = saves.share[n] * h
                _stages(plan, changes, method, days, at, w, t)
                part = Part(method.m, days, days)
                _write(plan, changes, method, part, n, at, floor, made, w, t)
            n += 1
        _stages(plan, changes, method, h, at, w, t)
        for k in range(first, n):
            if not saves.apart[k]:
                weigh(method, saves.share[k], w.weights)
                part = Part(w.weights, h, saves.share[k] * h)
                _write(plan, changes, method, part, k, at, floor, made, w, t)
        _state(plan, changes, method.m, at, floor, w, t)
        copy_all(w.u, at.u)
        copy_all(w.body, at.body)
        copy_all(t.u, at.slope.u)
        copy_all(t.body, at.slope.body)
        count_slopes(plan, changes, method, method.m, h, h, at.counts, w, t)
    copy_all(at.slope.u, made.u[times])
    copy_all(at.slope.body, made.body[times])
    for i in range(len(made.counts)):
        copy_all(at.counts[i], made.counts[i][times])


@in_place
def _stages(
    plan: Plan, changes: Changes, method: Tableau, h: float, at: Going, w: Room, t: Lanes
) -> None:
    stages(plan, method, h, at.u, at.body, at.supply, w)
    tangent_stages(plan, changes, method, h, at.u, at.body, at.slope, w, t)


@in_place
def _state(
    plan: Plan, changes: Changes, weights: Array, at: Going, floor: Array, w: Room, t: Lanes
) -> None:
    slope = at.slope
    new_slopes(plan, changes, weights, at.u, at.body, slope.u, slope.body, floor, w, t)


@in_place
def _write(
    plan: Plan,
    changes: Changes,
    method: Tableau,
    part: Part,
    n: int,
    at: Going,
    floor: Array,
    made: Made,
    w: Room,
    t: Lanes,
) -> None:
    """Write the slopes of what there is at the n-th time, after `part` of a step."""
    _state(plan, changes, part.weights, at, floor, w, t)
    copy_all(t.u, made.u[n])
    copy_all(t.body, made.body[n])
    mine = counts_at(made.counts, n)
    for i in range(len(mine)):
        copy_all(at.counts[i], mine[i])
    count_slopes(plan, changes, method, part.weights, part.h, part.days, mine, w, t)
