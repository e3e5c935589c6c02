"""The steps of the fields within one of cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.pde.engine import Account, check
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray
# Steps are halved where they fail, down to this share of a step of cells: a solute that is taken up
# within seconds settles within the first of them.
_SHORTEST = 1e-7


def in_parts(engine: FastEngine, state: Array, dt: float) -> Iterator[tuple[Array, Account]]:
    """Yield the state after each part of `dt` days, and what happened in it. Raises `StepFailed`.

    Parts are as long as the engine takes, half as long as one that failed, and after that twice as
    long each time.
    """
    left, most = dt, dt
    while left > 0.0:
        part = min(left, engine.step_limit(state).days, most)
        part = left if left - part < 1e-9 * dt else part
        try:
            new, account = engine.step(state, part)
            check(engine.problem, new)
        except StepFailed:
            if part < _SHORTEST * dt:
                raise
            most = 0.5 * part
            continue
        state, most = new, min(2.0 * most, dt)
        left -= part
        yield state, account
