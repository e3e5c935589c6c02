"""A run in progress, from one time to save to the next, whatever takes its steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np

from cartflow.core.outcome import Outcome, StepFailed, interrupted
from cartflow.coupling.extinction import Extinct
from cartflow.coupling.programme import Programme, Underway
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.wholes import Wholes

Array = np.ndarray
Watch = Callable[[float, float], None]
Keep = Callable[[Callable[[], Record]], None]
Shelve = Callable[[State], State]


class System(Protocol):
    """What a run may step: a body, or a body and a tumour."""

    @property
    def wholes(self) -> Wholes:
        """Every species as a whole at each of its places."""

    def next_event(self, time: float) -> float:
        """Return the next time after `time` (days) at which something happens to the system."""


S = TypeVar("S", bound=System)


def at_the_end(watch: Watch, end: float) -> Watch:
    """Return `watch` for a companion, whose days are not the run's, so that it can be stopped."""
    return lambda _, step: watch(end, step)


def _as_it_is(state: State) -> State:
    return state


class InProgress(ABC, Generic[S]):
    """One run in progress: what stands now, what is saved, and what has come to pass."""

    state: State

    def __init__(self, system: S, programme: Programme[S] | None) -> None:
        self.base = system
        self.wholes = system.wholes
        self.underway = Underway(programme)
        self.extinct: list[Extinct] = []

    def _begun(self) -> None:
        """Stand at the start, after what happens there: never within a step."""
        self.reached = self.state
        self.known: Mapping[str, Array] = self.memory()
        self.states = [self.state]
        self.shelve: Shelve = _as_it_is

    def shelved_by(self, shelve: Shelve) -> None:
        """Keep of every saved state, the first among them, what `shelve` makes of it."""
        self.shelve, self.states = shelve, [shelve(state) for state in self.states]

    def record(self, outcome: Outcome, *, last: bool = False) -> Record:
        """Return the run so far, with its outcome; with the `last` state that it reached."""
        between = last and self.reached.time > self.states[-1].time
        accepted, rejected, error_sum = self._counts()
        return Record(
            states=[*self.states, self.reached] if between else list(self.states),
            outcome=outcome,
            accepted_steps=accepted,
            rejected_steps=rejected,
            error_sum=error_sum,
            extinct=tuple(self.extinct),
            happened=self.underway.happened,
            between=between,
            reached=self.reached,
            memory=self.known,
        )

    def so_far(self) -> Record:
        """Return the run as it stands, which goes on."""
        message = f"saved until t = {self.reached.time:.6g} day"
        return self.record(Outcome(status="running", message=message), last=True)

    def through(
        self, times: Sequence[float], watch: Watch | None = None, keep: Keep | None = None
    ) -> None:
        """Go to each of the `times` (days) that is not saved yet."""
        for time in times[len(self.states) :]:
            self.advance_to(time, watch, keep)

    def to_the_end(
        self,
        times: Sequence[float],
        watch: Watch | None,
        keep: Keep | None,
        since: Record | None,
        shelve: Shelve | None = None,
    ) -> Record:
        """Return the run through all `times` (days), or as far as it came, with its outcome.

        It goes on where that of `since` ended. It ends early when a step fails, or the user
        interrupts, with the last state then.
        """
        try:
            if since is not None:
                self.recall(since)
            if shelve is not None:
                self.shelved_by(shelve)
            self.through(times, watch, keep)
        except StepFailed as failure:
            return self.record(Outcome(status="stopped", message=str(failure)))
        except KeyboardInterrupt as interrupt:
            return self.record(interrupted(interrupt, self.reached.time), last=True)
        return self.record(Outcome(status="finished"))

    def advance_to(self, end: float, watch: Watch | None, keep: Keep | None = None) -> None:
        """Go to `end` (days), which is saved; `watch` and `keep` are called after every step."""
        while self.state.time < end:
            before = self.state.time
            event = min(self.base.next_event(before), self.underway.next_event(before), end)
            self._go_towards(event)
            self._arrive()
            self.reached, self.known = self.state, self.memory()
            if watch is not None:
                watch(self.state.time, self.state.time - before)
            if keep is not None and self.state.time < end:
                keep(self.so_far)
        self.states.append(self.shelve(self.state))
        if keep is not None:
            keep(self.so_far)

    def _stand(self, record: Record) -> None:
        """Stand where the run of `record` stood, with what had come to pass."""
        self.states = list(record.states)
        self.state = self.reached = self.states[-1]
        if record.between:
            self.states.pop()
        self.extinct = list(record.extinct)
        gone_on = self.underway.recall(record.memory["events"], self.state.time)
        if gone_on is not None:
            self.base, self.wholes = gone_on, gone_on.wholes
        self.known = record.memory

    @abstractmethod
    def memory(self) -> dict[str, Array]:
        """Return what the run knows beside its state, by name; its ``events`` among it."""

    @abstractmethod
    def recall(self, record: Record) -> None:
        """Stand where the run of `record` stood, as if this one had come there itself."""

    @abstractmethod
    def _counts(self) -> tuple[int, int, float]:
        """Return steps taken and refused, and the sum of the errors estimated in them."""

    @abstractmethod
    def _go_towards(self, event: float) -> None:
        """Take a step, at most to `event` (days)."""

    @abstractmethod
    def _arrive(self) -> None:
        """Let happen what happens at the time of the state.

        Events of the study come first, then switches, jumps and doses, and conditions last.
        """
