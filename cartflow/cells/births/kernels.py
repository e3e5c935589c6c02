"""Events of single cells within a step, exactly as chances that stay the same have them."""

from __future__ import annotations

import numpy as np

from cartflow.cells.chance.philox import EVENTS, draw, uniform
from cartflow.core.compiling import serial

MOST = 256  # cells that may come of one within a step
_MOST_EVENTS = 100_000


@serial
def family(  # type: ignore[no-untyped-def]
    kind, here, name, chances, begin, outcome, out, weight, column, dt, step, seed, counts,
    kinds, lefts,
):  # fmt: skip
    """Follow a cell and what comes of it for `dt` days; return how many are left, -1 if too many.

    Waiting times are exponential, so that within the step births and deaths are exact for chances
    that do not change. `chances` (acts, mesh cells) per day are times the `weight` in the `column`
    of the act; the acts of kind k are `begin[k]` to
    `begin[k + 1]`, and turn a cell into the first `out[act]` of `outcome[act]`. Kinds that are
    left stand in `kinds`, or first the act after which none is; `counts` (acts) are added to.
    """
    kinds[0], lefts[0] = kind, dt
    waiting, done, number = 1, 0, 0
    while waiting > done and number < _MOST_EVENTS:
        k, left = kinds[done], lefts[done]
        total = 0.0
        for act in range(begin[k], begin[k + 1]):
            total += chance_of(act, here, chances, weight, column)
        if total <= 0.0:
            done += 1
            continue
        a, b, c, e = draw(seed, name, step, EVENTS, number)
        number += 1
        wait = -np.log(uniform(a, b)) / total
        if wait >= left:
            done += 1
            continue
        chosen = drawn_act(uniform(c, e) * total, k, here, chances, begin, weight, column)
        counts[chosen] += 1
        left -= wait
        if out[chosen] == 0:
            # The last that waits takes the place of what is gone.
            waiting -= 1
            kinds[done], lefts[done] = kinds[waiting], lefts[waiting]
            if waiting == 0:
                kinds[0] = chosen
            continue
        if waiting + out[chosen] - 1 > MOST:
            return -1
        kinds[done], lefts[done] = outcome[chosen, 0], left
        for other in range(1, out[chosen]):
            kinds[waiting], lefts[waiting] = outcome[chosen, other], left
            waiting += 1
    return waiting if number < _MOST_EVENTS else -1


@serial
def chance_of(act, here, chances, weight, column):  # type: ignore[no-untyped-def]
    """Return the chance of an act per day, in a mesh cell, times the cell's own weight."""
    if column[act] < 0:
        return chances[act, here]
    return chances[act, here] * weight[column[act]]


@serial
def drawn_act(mark, k, here, chances, begin, weight, column):  # type: ignore[no-untyped-def]
    """Return the act of kind `k` at a `mark` between 0 and the sum of all its chances."""
    chosen = begin[k]
    for act in range(begin[k], begin[k + 1]):
        chance = chance_of(act, here, chances, weight, column)
        if chance > 0.0:
            chosen = act
            mark -= chance
            if mark < 0.0:
                break
    return chosen


@serial
def count(  # type: ignore[no-untyped-def]
    first, last, kind, place, name, chances, begin, outcome, out, weights, column, dt, step, seed,
    left, counts,
):  # fmt: skip
    """Write how many come of each cell to `left`, and -1 - that where anything happened to it.

    Return whether all stayed below `MOST`.
    """
    kinds, lefts = np.zeros(MOST + 1, np.int64), np.zeros(MOST + 1)
    for i in range(first, last):
        before = 0
        for act in range(begin[kind[i]], begin[kind[i] + 1]):
            before += counts[act]
        number = family(
            kind[i], place[i], name[i], chances, begin, outcome, out,
            weights[min(i, weights.shape[0] - 1)], column, dt, step, seed, counts, kinds, lefts,
        )  # fmt: skip
        if number < 0:
            return False
        after = 0
        for act in range(begin[kind[i]], begin[kind[i] + 1]):
            after += counts[act]
        left[i] = number if after == before else -1 - number
    return True


@serial
def copy(  # type: ignore[no-untyped-def]
    first, last, position, heading, kind, place, name, chances, begin, outcome, out, weights,
    column, dt, step, seed, left, to, born, unborn, new_position, new_heading, new_kind, new_place,
    new_name, mother, ended,
):  # fmt: skip
    """Write what came of the cells `first` to `last` at `to`; the first keeps the mother's name.

    `born` numbers the others from `unborn` on; `ended` is the act after which none is left, or -1.
    """
    kinds, lefts = np.zeros(MOST + 1, np.int64), np.zeros(MOST + 1)
    unused = np.zeros(out.size, np.int64)
    for i in range(first, last):
        number = left[i]
        kinds[0] = kind[i]
        if number < 0:
            number = family(
                kind[i], place[i], name[i], chances, begin, outcome, out,
                weights[min(i, weights.shape[0] - 1)], column, dt, step, seed, unused, kinds, lefts,
            )  # fmt: skip
        ended[i] = -1 if number > 0 else kinds[0]
        for m in range(number):
            j = to[i] + m
            for a in range(3):
                new_position[j, a], new_heading[j, a] = position[i, a], heading[i, a]
            new_kind[j], new_place[j], mother[j] = kinds[m], place[i], i
            new_name[j] = name[i] if m == 0 else np.uint64(unborn + born[i] + m - 1)
