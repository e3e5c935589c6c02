"""Species that die out: found at the time at which their whole falls below its threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cartflow.coupling.state import State
from cartflow.coupling.wholes import Wholes

Array = np.ndarray

# How near to its threshold a species is found, and the shortest step (days) to look in.
_NEAR, _SHORT = 1e-9, 1e-10
_MOST = 60


@dataclass(frozen=True, kw_only=True)
class Extinct:
    """A `species` that died out at `time` (days) in a `place`: ``tumour``, or a compartment."""

    time: float
    species: str
    place: str

    def __str__(self) -> str:
        return f"{self.species} in {self.place} at {self.time:.9g} day"


def extinguished(
    wholes: Wholes, old: State, new: State, attempt: Callable[[float], State]
) -> tuple[State, tuple[Extinct, ...]]:
    """Return the state after the step from `old` to `new`, or when the first species died out.

    `attempt` takes a step of fewer days from `old`. What fell below its threshold in the step is
    gone from the whole place, and product cells of it count as died.
    """
    start = wholes.above(old)
    falling = (start >= 1.0) & (wholes.above(new) < 1.0)
    if not falling.any():
        return new, ()
    found = _first_fall(wholes, falling, old, new, attempt)
    return emptied(wholes, start, found)


def emptied(wholes: Wholes, before: Array, state: State) -> tuple[State, tuple[Extinct, ...]]:
    """Return `state` without what was above its threshold `before` and is below it now."""
    factors, found = gone(wholes, before, state)
    return (wholes.multiplied(state, factors), found) if found else (state, ())


def gone(wholes: Wholes, before: Array, state: State) -> tuple[Array, tuple[Extinct, ...]]:
    """Return what is left of each whole, all or nothing, and what died out.

    It was above its threshold `before` and is below it in `state`.
    """
    fallen = (before >= 1.0) & (wholes.above(state) < 1.0)
    found = tuple(
        Extinct(time=state.time, species=species, place=place)
        for (species, place), has in zip(wholes.labels, fallen, strict=True)
        if has
    )
    return np.where(fallen, 0.0, 1.0), found


def _first_fall(
    wholes: Wholes, falling: Array, old: State, new: State, attempt: Callable[[float], State]
) -> State:
    """Return the state just after the first of the `falling` is at its threshold.

    Illinois' method on the logarithm of the lowest, which is nearly linear in time.
    """

    def gap(state: State) -> float:
        return float(np.log(max(wholes.above(state)[falling].min(), 1e-300)))

    low, high = 0.0, new.time - old.time
    short = max(_SHORT, 8.0 * float(np.spacing(old.time)))
    above, below, last = gap(old), gap(new), 0
    for _ in range(_MOST):
        if below >= -_NEAR or high - low <= short:
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
