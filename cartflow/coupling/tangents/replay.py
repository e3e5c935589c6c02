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
    """A run as it goes: tissue, body and supply, and their slopes."""

    u: Array
    body: Array
    supply: Array
    slope: Slope


class Made(NamedTuple):
    """Slopes at the times that were passed and at the end: times first, numbers last.

    Those at the last place are `Going`'s own, and those of what is counted beside them.
    """

    u: Array
    body: Array
    counts: Counts


class Parts(NamedTuple):
    """States that the run came to, one after the other: each a `share` of a step of `h` days.

    Where they are `anew` the step's stages are taken from the state of the run, else they are
    those of the state before. What there is then goes to `place`.
    """

    h: Array
    share: Array
    anew: Array
    place: Array


def parts_of(steps: Array, saves: Saves, times: int) -> Parts:
    """Return the states at the first `times` to save and at the ends of the `steps` (days).

    A state to save that has a step of its own comes before the stages of the step it lies in.
    """
    made: list[tuple[float, float, bool, int]] = []
    n = 0
    for step, h in enumerate(steps.tolist()):
        within = []
        while n < times and saves.step[n] == step:
            if saves.apart[n]:
                made.append((saves.share[n] * h, 1.0, True, n))
            else:
                within.append((saves.share[n], n))
            n += 1
        within.append((1.0, times))
        made += [(h, share, k == 0, place) for k, (share, place) in enumerate(within)]
    return Parts(
        h=np.array([each[0] for each in made], dtype=float),
        share=np.array([each[1] for each in made], dtype=float),
        anew=np.array([each[2] for each in made], dtype=bool),
        place=np.array([each[3] for each in made], dtype=np.int64),
    )


@in_place
def replay(
    plan: Plan,
    changes: Changes,
    method: Tableau,
    parts: Parts,
    at: Going,
    floor: Array,
    made: Made,
    w: Room,
    t: Lanes,
) -> None:
    """Take the steps of the `parts` again from `at`, and write the slopes of all states.

    The state in `at` is that of the run afterwards, to the bit, which needs the same `floor`.
    """
    for n in range(parts.h.size):
        h, share, place = parts.h[n], parts.share[n], parts.place[n]
        if parts.anew[n]:
            stages(plan, method, h, at.u, at.body, at.supply, w)
            tangent_stages(plan, changes, method, h, at.u, at.body, at.slope, w, t)
        weigh(method, share, w.weights)
        start = at.slope
        new_slopes(plan, changes, w.weights, at.u, at.body, start.u, start.body, floor, w, t)
        copy_all(t.u, made.u[place])
        copy_all(t.body, made.body[place])
        mine, before = counts_at(made.counts, place), counts_at(made.counts, len(made.u) - 1)
        for i in range(len(mine)):
            copy_all(before[i], mine[i])
        count_slopes(plan, changes, method, w.weights, h, share * h, mine, w, t)
        if place == len(made.u) - 1:
            copy_all(w.u, at.u)
            copy_all(w.body, at.body)
