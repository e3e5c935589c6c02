"""The steps of the fields within one of cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.pde.engine import Account, check
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray
# What each step of the engine came to.
Steps = list[tuple[Array, Account]]
# Steps are halved where they fail, down to this share of a step of cells: a solute that is taken up
# within seconds settles within the first of them.
_SHORTEST = 1e-7
# A field whose amount moves by no more than this share of itself is not looked at.
_STILL = 0.05
# What the amounts after one step and two of half its length may differ by, of the most there was.
_ALIKE = 1e-3


def in_parts(engine: FastEngine, state: Array, dt: float) -> Iterator[tuple[Array, Account]]:
    """Yield the state after each part of `dt` days, and what happened in it. Raises `StepFailed`.

    Parts are as long as the engine takes, half as long as one that failed, and after that at most
    twice as long each time. Where a field's amount moves by more than 5 % in a part, that is taken
    in two halves, and in shorter ones if the amounts then differ by more than 1e-3 of the most
    there was: cells need no steps as short as the seconds in which a solute fills a tissue.
    Amounts are judged and not places, since what cells secrete moves with them from step to step.
    """
    left, most, there = dt, dt, _amounts(engine, state)
    while left > 0.0:
        part = min(left, engine.step_limit(state).days, most)
        part = left if left - part < 1e-9 * dt else part
        try:
            whole = _stepped(engine, state, part)
            there = np.maximum(there, _amounts(engine, whole[-1][0]))
            steps, longer = _judged(engine, state, whole, part, there)
        except StepFailed:
            if part < _SHORTEST * dt:
                raise
            most = 0.5 * part
            continue
        if longer < 1.0 and part >= _SHORTEST * dt:
            most = longer * part
            continue
        state, most = steps[-1][0], min(longer * part, dt)
        left -= part
        yield from steps


def _judged(
    engine: FastEngine, state: Array, whole: Steps, part: float, there: Array
) -> tuple[Steps, float]:
    """Return the steps that stand for a part, and by what it may be longer.

    Below 1 it was too long. `whole` is one step of its length, `there` what there is of each field.
    """
    before, after = _amounts(engine, state), _amounts(engine, whole[-1][0])
    if _share(after - before, there) <= _STILL:
        return whole, 2.0
    first = _stepped(engine, state, 0.5 * part)
    halves = [*first, *_stepped(engine, first[-1][0], 0.5 * part)]
    apart = _share(_amounts(engine, halves[-1][0]) - after, there)
    # Of second order, the error of a step goes with the third power of its length.
    longer = 0.9 * (_ALIKE / max(apart, 1e-3 * _ALIKE)) ** (1.0 / 3.0)
    return halves, max(longer, 1.0) if apart <= _ALIKE else max(min(longer, 0.9), 0.1)


def _stepped(engine: FastEngine, state: Array, dt: float) -> Steps:
    new, account = engine.step(state, dt)
    check(engine.problem, new)
    return [(new, account)]


def _amounts(engine: FastEngine, state: Array) -> Array:
    """Return how much there is of every field (species,), in what stores it."""
    return np.asarray(
        (engine.problem.storage(state) * state) @ engine.problem.geometry.cell_volumes
    )


def _share(change: Array, there: Array) -> float:
    """Return the largest share of what is `there` of a field that its `change` comes to."""
    size = np.abs(change)
    return float(np.divide(size, there, out=np.zeros_like(there), where=there > 0.0).max())
