"""How fast a watched number rises: by short steps from a state, whatever takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cartflow.coupling.state import State

# Days of the short steps, at most, and as a share of the step in which a peak may be.
_SHORT = 1e-4
_SHARE = 0.02

Attempt = Callable[[State, float], State]


def slope(
    value: Callable[[State], float], state: State, clock: float, step: float, attempt: Attempt
) -> float:
    """Return how fast `value` rises at `state`, relative to itself, 1/day.

    `attempt` takes a step of some days from a state. It is of second order, by two steps that are
    short against the one of `step` days; the state counts as one of the time `clock`, so that
    what begins or ends at its own time has not done so yet.
    """
    dt = min(_SHORT, _SHARE * step)
    here = replace(state, time=clock)
    one = attempt(here, dt)
    two = attempt(one, dt)
    first, next_, last = value(here), value(one), value(two)
    size = abs(first) + abs(next_) + abs(last)
    if size == 0.0:
        return 0.0
    return (4.0 * (next_ - first) - (last - first)) / (2.0 * dt) * 3.0 / size
