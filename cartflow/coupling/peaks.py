"""How fast a watched number rises: by short steps from a state, whatever takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cartflow.coupling.state import State

# Days of the short steps, at most, and as a share of the step in which a peak may be.
_SHORT = 2e-5
_SHARE = 0.02

Attempt = Callable[[State, float], State]


def slope(
    value: Callable[[State], float], state: State, clock: float, step: float, attempt: Attempt
) -> float:
    """Return how fast `value` rises at `state`, relative to itself, 1/day.

    `attempt` takes a step of some days from a state. It is of third order, by three steps that are
    short against the one of `step` days; the state counts as one of the time `clock`, so that
    what begins or ends at its own time has not done so yet.
    """
    dt = min(_SHORT, _SHARE * step)
    states = [replace(state, time=clock)]
    for _ in range(3):
        states.append(attempt(states[-1], dt))
    values = [value(each) for each in states]
    size = sum(abs(each) for each in values)
    if size == 0.0:
        return 0.0
    first, *others = values
    # Differences first, which are small beside what they are of.
    risen = sum(w * (each - first) for w, each in zip((18.0, -9.0, 2.0), others, strict=True))
    return risen / (6.0 * dt) * 4.0 / size
