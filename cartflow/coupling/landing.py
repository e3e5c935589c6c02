"""The time within a step at which something is first below zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cartflow.coupling.state import State

# The shortest step (days) to look in, and how often.
_SHORT = 1e-10
_MOST = 60


def first_below(
    gap: Callable[[State], float],
    old: State,
    new: State,
    attempt: Callable[[float], State],
    near: float,
) -> State:
    """Return the state within the step from `old` to `new` just after `gap` falls below zero.

    `attempt` takes a step of fewer days from `old`. Illinois' method, until the gap is within
    `near` of zero, or steps differ by 1e-10 day.
    """
    low, high = 0.0, new.time - old.time
    short = max(_SHORT, 8.0 * float(np.spacing(old.time)))
    above, below, last = gap(old), gap(new), 0
    for _ in range(_MOST):
        if below >= -near or high - low <= short:
            break
        middle = low + (high - low) * above / (above - below)
        # By the times as they are rounded, as every step.
        middle = old.time + min(max(middle, low + 0.5 * short), high - 0.25 * short) - old.time
        state = replace(attempt(middle), time=old.time + middle)
        value = gap(state)
        if value >= 0.0:
            low, above = middle, value
            below *= 0.5 if last > 0 else 1.0
            last = 1
        else:
            high, below, new = middle, value, state
            above *= 0.5 if last < 0 else 1.0
            last = -1
    return new
