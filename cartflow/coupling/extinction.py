"""Species that die out: found at the time at which their whole falls below its threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cartflow.coupling.landing import first_below
from cartflow.coupling.state import State
from cartflow.coupling.wholes import Wholes

Array = np.ndarray

# How near to its threshold a species is found.
_NEAR = 1e-9


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

    Found by the logarithm of the lowest, which is nearly linear in time.
    """

    def gap(state: State) -> float:
        return float(np.log(max(wholes.above(state)[falling].min(), 1e-300)))

    return first_below(gap, old, new, attempt, _NEAR)
