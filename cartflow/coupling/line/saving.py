"""What there is at times within a step, which the steps do not know of.

The state there is a combination of the step's stages, and what is counted is that of theirs, so
that the balance closes as at the end of a step. Where that would leave more below zero than the
error that a step may have, or where a method has no dense output, a step of its own leads there
from the start of the one that passes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import in_place
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.counting import Counts, count, none_counted
from cartflow.coupling.line.ends import new_state, nonnegative
from cartflow.coupling.line.room import Room, combined, copy_all
from cartflow.coupling.line.stages import stages

Array = np.ndarray


class Saves(NamedTuple):
    """Times to save, `days` from the start of an advance, and what there is then, saves first.

    `step` is the place of the step that passed each, `share` how much of it lay before, and
    `apart` whether a step of its own led there.
    """

    days: Array
    u: Array
    body: Array
    counts: Counts
    step: Array
    share: Array
    apart: Array


class Within(NamedTuple):
    """A step by its place: its start and length in days, and the error that it may have."""

    step: int
    time: float
    h: float
    tolerance: float


def no_saves(plan: Plan, places: int, days: Array) -> Saves:
    """Return room for what there is at some times, with one more place at the end."""
    species, cells = plan.mesh.storage.shape
    count, more = days.size + 1, (plan.body.products.size, len(plan.body.rates))
    return Saves(
        days=days,
        u=np.empty((count, species, cells)),
        body=np.empty((count, *more)),
        counts=none_counted(plan, places, count),
        step=np.zeros(count, dtype=np.int64),
        share=np.zeros(count),
        apart=np.zeros(count, dtype=np.bool_),
    )


@in_place
def counts_at(counts: Counts, n: int) -> Counts:
    """Return the n-th of many counts."""
    return Counts(
        counts.forwards[n], counts.reverse[n], counts.egress[n], counts.came[n], counts.went[n]
    )


@in_place
def weigh(method: Tableau, share: float, weights: Array) -> None:
    """Write the stages' weights in the state a `share` of the step after its start."""
    rest = share * (1.0 - share)
    for i in range(weights.size):
        weights[i] = share * method.m[i]
        for power in range(method.dense.shape[0]):
            weights[i] += rest * share**power * method.dense[power, i]


@in_place
def save(
    plan: Plan,
    method: Tableau,
    within: Within,
    u: Array,
    body: Array,
    supply: Array,
    floor: Array,
    counts: Counts,
    n: int,
    saves: Saves,
    w: Room,
) -> int:
    """Save what there is within a step from `u` and `body`, from the n-th time on; return the next.

    The step's stages are in `w`, and are so after it.
    """
    while n < saves.days.size and saves.days[n] <= within.time + within.h:
        share = min(max((saves.days[n] - within.time) / within.h, 0.0), 1.0)
        weigh(method, share, w.weights)
        combined(w.weights, w.weights.size, u, body, w)
        apart = nonnegative(plan, floor, w) > within.tolerance
        apart = share > 0.0 and (apart or method.dense.shape[0] == 0)
        if apart:
            stages(plan, method, share * within.h, u, body, supply, w)
            new_state(plan, method, u, body, floor, w)
            copy_all(method.m, w.weights)
        saves.step[n], saves.share[n], saves.apart[n] = within.step, share, apart
        copy_all(w.u, saves.u[n])
        copy_all(w.body, saves.body[n])
        mine = counts_at(saves.counts, n)
        for i in range(len(mine)):
            copy_all(counts[i], mine[i])
        part = share * within.h
        count(plan, method, w.weights, part if apart else within.h, part, mine, w)
        if apart:
            stages(plan, method, within.h, u, body, supply, w)
        n += 1
    return n
