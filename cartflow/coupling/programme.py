"""What is done to a run from outside: the system that takes over at a time, or on a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.units import rational
from cartflow.coupling.landing import first_below
from cartflow.coupling.state import State

# How near to being met a condition is found.
_NEAR = 1e-13

Array = np.ndarray
S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class Happened:
    """An event, by its number in the study, and the `time` (days) at which it came to pass.

    A `gentle` one is a piece of a course, after which steps need not begin anew.
    """

    time: float
    event: int
    gentle: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Condition(Generic[S]):
    """The `event` comes to pass once, `after` days from when `gap` is first <= 0.

    It is that of a state of what runs then, has no unit, and is near one where nothing is near.
    """

    event: int
    gap: Callable[[State, S], float]
    after: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Programme(Generic[S]):
    """Events at times (`timed`, rising, of one time in their order) and on `conditions`.

    `system` gives what runs after some events, by their numbers as they came to pass; `rests_on`
    is all that it is made of, in words.
    """

    system: Callable[[tuple[int, ...]], S]
    timed: tuple[Happened, ...] = ()
    conditions: tuple[Condition[S], ...] = ()
    rests_on: str = ""

    def mapped(self, change: Callable[[S], S]) -> Programme[S]:
        """Return the same events, with another system made of each."""
        return Programme(
            system=lambda fired: change(self.system(fired)),
            timed=self.timed,
            conditions=self.conditions,
            rests_on=self.rests_on,
        )


class Underway(Generic[S]):
    """A programme as a run goes: what has happened, and what is to come."""

    def __init__(self, programme: Programme[S] | None) -> None:
        self._programme = programme
        self._coming = [] if programme is None else list(programme.timed)
        self._waiting = [] if programme is None else list(programme.conditions)
        self.happened: tuple[Happened, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether there is a condition that has not been met yet."""
        return bool(self._waiting)

    def next_event(self, time: float) -> float:
        """Return the next time after `time` (days) at which an event comes to pass, or inf."""
        return min((each.time for each in self._coming if each.time > time), default=np.inf)

    def landed(self, system: S, old: State, new: State, attempt: Callable[[float], State]) -> State:
        """Return the state after the step from `old` to `new`, or when a condition is first met.

        `attempt` takes a step of fewer days of the `system` from `old`.
        """

        def gap(state: State) -> float:
            return min(condition.gap(state, system) for condition in self._waiting)

        if not self._waiting or gap(new) > 0.0:
            return new
        return first_below(gap, old, new, attempt, _NEAR)

    def look(self, system: S, state: State) -> None:
        """Have the events come whose conditions a `state` of `system` meets."""
        met = [each for each in self._waiting if each.gap(state, system) <= 0.0]
        for condition in met:
            time = float(rational(state.time) + rational(condition.after))
            self._coming.append(Happened(time=time, event=condition.event))
        self._waiting = [each for each in self._waiting if each not in met]

    def memory(self) -> Array:
        """Return when which condition's events came to pass or will, [time, event, time, ...]."""
        if self._programme is None or not self._programme.conditions:
            return np.zeros(0)
        numbers = {each.event for each in self._programme.conditions}
        met = (each for each in (*self.happened, *self._coming) if each.event in numbers)
        return np.array([number for each in met for number in (each.time, each.event)], dtype=float)

    def recall(self, memory: Array, time: float) -> S | None:
        """Stand at `time` where a run with this `memory` stood; return what runs then.

        None if nothing has happened. Raises `InputError` on events that there are not.
        """
        if self._programme is None:
            return None
        timed, conditions = self._programme.timed, self._programme.conditions
        met = [Happened(time=float(t), event=int(e)) for t, e in memory.reshape(-1, 2)]
        if {each.event for each in met} - {each.event for each in conditions}:
            raise InputError("its checkpoint is damaged (memory_events names no event)")
        every = sorted((*timed, *met), key=lambda each: each.time)
        self._coming = [each for each in every if each.time > time]
        self._waiting = [c for c in conditions if c.event not in {each.event for each in met}]
        self.happened = tuple(each for each in every if each.time <= time)
        if not self.happened:
            return None
        return self._programme.system(tuple(each.event for each in self.happened))

    def due(self, state: State) -> tuple[S, bool] | None:
        """Return the system after the events of the state's time, and whether all were gentle.

        None if there are none. Raises `StepFailed` where there is no such system.
        """
        time = state.time
        now = [each for each in self._coming if each.time <= time]
        if not now:
            return None
        assert self._programme is not None
        self._coming = [each for each in self._coming if each.time > time]
        self.happened += tuple(replace(each, time=time) for each in now)
        try:
            system = self._programme.system(tuple(each.event for each in self.happened))
        except InputError as error:
            raise StepFailed("events", str(error), time) from None
        return system, all(each.gentle for each in now)
