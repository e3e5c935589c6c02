"""What is done to a run from outside: the system that takes over at a time, or on a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.units.fractions import rational
from cartflow.coupling.landing import first_below
from cartflow.coupling.peaks import Attempt, slope
from cartflow.coupling.state import State

# How near to being met a condition is found.
_NEAR = 1e-13

Array = np.ndarray
S = TypeVar("S")
Jump = Callable[[State, S], State]


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
    Of a `peak` it is when the gap, a number watched, has risen and no longer does: the slope
    falls through zero, or turns from one side of an event to the other. Nothing is looked at
    before `since` (days).
    """

    event: int
    gap: Callable[[State, S], float]
    after: float = 0.0
    peak: bool = False
    since: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Programme(Generic[S]):
    """Events at times (`timed`, rising, of one time in their order) and on `conditions`.

    `system` gives what runs after some events, by their numbers as they came to pass. `jumps`
    are what events do to the state at once, by number, with what runs from then on; those that
    are `quiet` do nothing else. `rests_on` is all that it is made of, in words.
    """

    system: Callable[[tuple[int, ...]], S]
    timed: tuple[Happened, ...] = ()
    conditions: tuple[Condition[S], ...] = ()
    jumps: Mapping[int, Jump[S]] = field(default_factory=dict)
    quiet: frozenset[int] = frozenset()
    rests_on: str = ""

    def mapped(self, change: Callable[[S], S]) -> Programme[S]:
        """Return the same events, with another system made of each."""
        return Programme(
            system=lambda fired: change(self.system(fired)),
            timed=self.timed,
            conditions=self.conditions,
            jumps=self.jumps,
            quiet=self.quiet,
            rests_on=self.rests_on,
        )


class Due(NamedTuple, Generic[S]):
    """What comes to pass at one time: the `system` that takes over, if any, and `jumps`.

    `gentle` says that steps need not begin anew.
    """

    system: S | None
    jumps: tuple[Jump[S], ...]
    gentle: bool

    def jumped(self, state: State, system: S) -> State:
        """Return the state after the jumps, with what runs from then on."""
        for jump in self.jumps:
            state = jump(state, system)
        return state


class Underway(Generic[S]):
    """A programme as a run goes: what has happened, and what is to come."""

    def __init__(self, programme: Programme[S] | None) -> None:
        self._programme = programme
        self._coming = [] if programme is None else list(programme.timed)
        self._waiting = [] if programme is None else list(programme.conditions)
        self.happened: tuple[Happened, ...] = ()
        # Peaks whose number rises, None where nobody has looked; those found; the last step.
        self._rising: set[int] | None = None
        self._found: set[int] = set()
        self._step = np.inf

    @property
    def waits(self) -> bool:
        """Whether there is a condition that has not been met yet."""
        return bool(self._waiting)

    @property
    def last(self) -> float:
        """The time (days) of the last event, or -inf."""
        return self.happened[-1].time if self.happened else -np.inf

    def next_event(self, time: float) -> float:
        """Return the next time after `time` (days) at which an event comes to pass, or inf.

        Also at which a condition begins to be looked at.
        """
        times = [each.time for each in self._coming] + [each.since for each in self._waiting]
        return min((each for each in times if each > time), default=np.inf)

    def landed(self, system: S, old: State, new: State, attempt: Attempt) -> State:
        """Return the state after the step from `old` to `new`, or when a condition is first met.

        `attempt` takes a step of some days of the `system` from a state.
        """
        self._step = new.time - old.time
        looked = [each for each in self._waiting if old.time >= each.since]
        if self._rising is None:
            self._rising = self._that_rise(looked, system, old, attempt)
        looked = [each for each in looked if not each.peak or each.event in self._rising]

        def gap(state: State) -> float:
            gaps = (self._gap(each, system, state, old.time, attempt) for each in looked)
            return min(gaps, default=np.inf)

        if gap(new) > 0.0:
            return new
        found = first_below(gap, old, new, lambda dt: attempt(old, dt), _NEAR)
        self._found = {
            each.event
            for each in looked
            if each.peak and self._gap(each, system, found, old.time, attempt) <= 0.0
        }
        return found

    def look(self, system: S, state: State, attempt: Attempt) -> None:
        """Have the events come whose conditions a `state` of `system` meets."""
        looked = [each for each in self._waiting if state.time >= each.since]
        rising = self._that_rise(looked, system, state, attempt)
        over = self._found | ((self._rising or set()) - rising)
        met = [
            each
            for each in looked
            if (each.event in over if each.peak else each.gap(state, system) <= 0.0)
        ]
        for condition in met:
            time = float(rational(state.time) + rational(condition.after))
            self._coming.append(Happened(time=time, event=condition.event))
        self._waiting = [each for each in self._waiting if each not in met]
        self._rising, self._found = rising, set()

    def _that_rise(
        self, looked: list[Condition[S]], system: S, state: State, attempt: Attempt
    ) -> set[int]:
        """Return the events of peaks whose number rises from `state` on."""
        peaks = (each for each in looked if each.peak)
        return {
            each.event
            for each in peaks
            if self._gap(each, system, state, state.time, attempt) > 0.0
        }

    def _gap(
        self, each: Condition[S], system: S, state: State, clock: float, attempt: Attempt
    ) -> float:
        """Return how far a condition is from being met; of a peak the slope."""
        if not each.peak:
            return each.gap(state, system)
        return slope(lambda now: each.gap(now, system), state, clock, self._step, attempt)

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
        self._rising, self._found = None, set()
        loud = self._loud()
        return self._programme.system(loud) if loud else None

    def _loud(self) -> tuple[int, ...]:
        """Return the events that have come to pass and changed more than the state."""
        assert self._programme is not None
        quiet = self._programme.quiet
        return tuple(each.event for each in self.happened if each.event not in quiet)

    def due(self, state: State) -> Due[S] | None:
        """Return what the events of the state's time do; None if there are none.

        Raises `StepFailed` where there is no such system.
        """
        time = state.time
        now = [each for each in self._coming if each.time <= time]
        if not now:
            return None
        assert self._programme is not None
        self._coming = [each for each in self._coming if each.time > time]
        self.happened += tuple(replace(each, time=time) for each in now)
        programme, system = self._programme, None
        try:
            if any(each.event not in programme.quiet for each in now):
                system = programme.system(self._loud())
        except InputError as error:
            raise StepFailed("events", str(error), time) from None
        jumps = tuple(programme.jumps[e.event] for e in now if e.event in programme.jumps)
        return Due(system, jumps, all(each.gentle for each in now))
