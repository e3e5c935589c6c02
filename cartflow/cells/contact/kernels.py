"""Hunters one after another: they search, attach, kill, let go and pause."""

from __future__ import annotations

import numpy as np

from cartflow.cells.chance.philox import CONTACT, coarse, draw, uniform
from cartflow.cells.contact.terms import (
    ANTIGEN,
    ANTIGEN_2,
    ATTACH,
    BINDING,
    BYSTANDER,
    CUBES,
    EITHER,
    EXCLUSIVE,
    EXHAUSTED,
    EXHAUSTED_AFTER,
    FULL_REACH,
    GATE,
    HALF,
    HALF_2,
    KILL,
    KILL_CHANCE,
    KILL_TIME,
    LET_GO,
    PAUSE,
    POTENCY,
    POTENCY_2,
    REACH,
    RECEPTOR,
    REFERENCE,
    SATURATION,
    SATURATION_2,
    THRESHOLD,
    THRESHOLD_2,
    TROGOCYTOSIS,
)
from cartflow.cells.crowding.neighbours import MOST_ROWS, rows_around
from cartflow.core.compiling import serial

_MOST_NEAR = 4096


@serial
def strength(terms, c, hunter, target):  # type: ignore[no-untyped-def]
    """Return how well a hunter with the traits `hunter` finds a target, 0 to 1."""
    antigen = 1.0
    if terms[ANTIGEN, c] >= 0.0:
        antigen = target[int(terms[ANTIGEN, c])]
    ramp, bond = (THRESHOLD, SATURATION), (HALF, POTENCY)
    one = _by_antigen(terms, c, hunter, antigen, ramp, bond)
    if terms[GATE, c] == 0.0:
        return one
    antigen = target[int(terms[ANTIGEN_2, c])]
    ramp, bond = (THRESHOLD_2, SATURATION_2), (HALF_2, POTENCY_2)
    other = _by_antigen(terms, c, hunter, antigen, ramp, bond)
    return max(one, other) if terms[GATE, c] == EITHER else min(one, other)


@serial
def _by_antigen(terms, c, hunter, antigen, ramp, bond):  # type: ignore[no-untyped-def]
    """Return how well a hunter finds a target by one antigen, whose numbers are in those rows."""
    if terms[BINDING, c] > 0.0:
        receptor = 1.0
        if terms[RECEPTOR, c] >= 0.0:
            receptor = hunter[int(terms[RECEPTOR, c])] / terms[REFERENCE, c]
        bound = antigen / (antigen + terms[bond[0], c]) if antigen > 0.0 else 0.0
        return np.tanh(0.5 * terms[bond[1], c] * receptor * bound)
    above = antigen - terms[ramp[0], c]
    if above <= 0.0:
        return 0.0
    if np.isinf(terms[ramp[1], c]):
        return 1.0
    return min(above / (terms[ramp[1], c] - terms[ramp[0], c]), 1.0)


@serial
def hunt(cells, law, lists, days, step, seed, counts):  # type: ignore[no-untyped-def]
    """Let every hunter do what it does in `days`; mark who is dead, and count by contact.

    `cells` are (position, kind, name, traits, met, mate, clock, dead,
    held), `law` the numbers and pairs
    of the terms, `lists` those of the bins, `counts` (attached, killed, let go, bystanders, who
    turned into what). Cells take their turns in their order.
    """
    _, kind, _, _, _, mate, clock, dead, held = cells
    between = law[1]
    hunts = np.zeros(between.shape[0], np.bool_)
    for hunter in range(between.shape[0]):
        hunts[hunter] = between[hunter].max() >= 0
    near, share = np.empty(_MOST_NEAR, np.int64), np.empty(_MOST_NEAR)
    for i in range(kind.size):
        if mate[i] >= 0:
            held[mate[i]] = True
    for i in range(kind.size):
        if dead[i] or not hunts[kind[i]]:
            mate[i], clock[i] = -1, 0.0
        elif clock[i] < 0.0:
            clock[i] = min(clock[i] + days, 0.0)
        elif mate[i] < 0:
            _attach(i, cells, law, lists, near, share, days, step, seed, counts)
        else:
            _hold(i, cells, law, lists, near, days, step, seed, counts)


@serial
def _attach(i, cells, law, lists, near, share, days, step, seed, counts):  # type: ignore[no-untyped-def]
    """Let a hunter attach to one of its targets within reach, or to none."""
    _, kind, name, traits, met, mate, clock, _, held = cells
    terms, between = law
    found, total = _search(i, cells, law, lists, near, share), 0.0
    for k in range(found):
        total += share[k]
    if total <= 0.0:
        return
    a, b, c, _ = draw(seed, name[i], step, CONTACT, 0)
    if uniform(a, b) > -np.expm1(-total * days):
        return
    mark, target = coarse(c) * total, near[0]
    for k in range(found):
        if share[k] > 0.0:
            target = near[k]
            mark -= share[k]
            if mark < 0.0:
                break
    which = between[kind[i], kind[target]]
    mate[i], clock[i], held[target] = target, 0.0, True
    met[i] += 1
    counts[0][which] += 1
    if terms[ANTIGEN, which] >= 0.0:
        traits[target, int(terms[ANTIGEN, which])] *= 1.0 - terms[TROGOCYTOSIS, which]
    if terms[GATE, which] > 0.0:
        traits[target, int(terms[ANTIGEN_2, which])] *= 1.0 - terms[TROGOCYTOSIS, which]


@serial
def _hold(i, cells, law, lists, near, days, step, seed, counts):  # type: ignore[no-untyped-def]
    """Let a hunter kill the target that it holds, or let it go, or hold on."""
    _, kind, name, traits, _, mate, clock, dead, _ = cells
    terms, between = law
    target = mate[i]
    which = between[kind[i], kind[target]]
    if dead[target] or which < 0:
        _release(i, max(which, 0), cells, terms, counts)
        return
    clock[i] += days
    if terms[BYSTANDER, which] > 0.0:
        counts[3][which] += _stray(i, target, cells, terms, which, lists, near, days, step, seed)
    a, b, c, _ = draw(seed, name[i], step, CONTACT, 0)
    able = strength(terms, which, traits[i], traits[target])
    if terms[KILL_TIME, which] > 0.0:
        # Half a step early or late is as near as the step has it.
        if clock[i] < terms[KILL_TIME, which] - 0.5 * days:
            return
        kills = uniform(a, b) < terms[KILL_CHANCE, which] * able
    else:
        kill = terms[KILL, which] * able
        total = kill + terms[LET_GO, which]
        if total <= 0.0 or uniform(a, b) > -np.expm1(-total * days):
            return
        kills = coarse(c) * total < kill
    if kills:
        dead[target] = True
        counts[1][which] += 1
    else:
        counts[2][which] += 1
    _release(i, which, cells, terms, counts)


@serial
def _release(i, which, cells, terms, counts):  # type: ignore[no-untyped-def]
    """Free a hunter, who pauses; after its last contact it is exhausted."""
    _, kind, _, _, met, mate, clock, _, held = cells
    held[mate[i]] = False
    mate[i], clock[i] = -1, -terms[PAUSE, which]
    to = int(terms[EXHAUSTED, which])
    if met[i] >= terms[EXHAUSTED_AFTER, which] and to >= 0:
        counts[4][kind[i], to] += 1
        kind[i] = to


@serial
def _distance(position, i, j, moving):  # type: ignore[no-untyped-def]
    square = 0.0
    for a in range(3):
        if moving[a]:
            square += (position[i, a] - position[j, a]) ** 2
    return np.sqrt(square)


@serial
def _in_one_cube(position, i, j, edge, moving):  # type: ignore[no-untyped-def]
    for a in range(3):
        if moving[a] and np.floor(position[i, a] / edge) != np.floor(position[j, a] / edge):
            return False
    return True


@serial
def _around(i, reach, position, lists, near):  # type: ignore[no-untyped-def]
    """Write the rows of the cells within `reach` of a cell to `near`; return their number."""
    low, size, shape, start, order, moving = lists
    rows, found = np.empty((MOST_ROWS, 2), np.int64), 0
    for row in range(rows_around(position, i, low, size, shape, start, moving, rows)):
        for k in range(rows[row, 0], rows[row, 1]):
            j = order[k]
            if j != i and found < near.size and _distance(position, i, j, moving) <= reach:
                near[found] = j
                found += 1
    return found


@serial
def _search(i, cells, law, lists, near, share):  # type: ignore[no-untyped-def]
    """Write the targets that a cell may attach to, and at which rates; return their number."""
    position, kind, _, traits, met, _, _, dead, held = cells
    terms, between = law
    reach, found = 0.0, 0
    for target in range(between.shape[1]):
        c = between[kind[i], target]
        if c >= 0:
            reach = max(reach, terms[REACH, c])
    count = _around(i, reach, position, lists, near)
    for k in range(count):
        j = near[k]
        c = between[kind[i], kind[j]]
        if c < 0 or dead[j] or met[i] >= terms[EXHAUSTED_AFTER, c]:
            continue
        if terms[EXCLUSIVE, c] > 0.0 and held[j]:
            continue
        if terms[CUBES, c] > 0.0 and not _in_one_cube(position, i, j, terms[CUBES, c], lists[5]):
            continue
        far, full = _distance(position, i, j, lists[5]), terms[FULL_REACH, c]
        if far <= terms[REACH, c]:
            near[found] = j
            share[found] = terms[ATTACH, c] * strength(terms, c, traits[i], traits[j])
            if far > full:
                share[found] *= (terms[REACH, c] - far) / (terms[REACH, c] - full)
            found += 1
    return found


@serial
def _stray(i, held, cells, terms, which, lists, near, days, step, seed):  # type: ignore[no-untyped-def]
    """Kill by chance what is near a hunter and of its target's kind; return how many."""
    position, kind, name, _, _, _, _, dead, _ = cells
    killed = 0
    count = _around(i, terms[REACH, which], position, lists, near)
    for k in range(count):
        j = near[k]
        if j == held or dead[j] or kind[j] != kind[held]:
            continue
        a, b, _, _ = draw(seed, name[i], step, CONTACT, 1 + k)
        if uniform(a, b) < -np.expm1(-terms[BYSTANDER, which] * days):
            dead[j] = True
            killed += 1
    return killed
