"""A run of a body without a solid tumour, in progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.body_system import BodySystem
from cartflow.coupling.extinction import emptied, extinguished
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.under_way import InProgress, Keep, Watch
from cartflow.pbpk.organs.body_step import BodyStep

Array = np.ndarray
S = TypeVar("S", bound=BodySystem)
# Steps after which signals are looked at, and what is kept of a run is written.
_ENOUGH = 1000
# Where a species may die out, or a condition be met, amounts are looked at so often (days), and
# for a condition soon after anything that happened: after a share of the time since, at least.
_LOOK, _SOON, _SHARE = 0.25, 1e-4, 0.5


class BodyRun(InProgress[S]):
    """One run in progress."""

    def __init__(self, alone: S, programme: Programme[S] | None) -> None:
        super().__init__(alone, programme)
        self.now = alone
        self.steps = [0, 0]
        # The next step in days, or 0 where it is that of a beginning.
        self.wanted = 0.0
        self._times: tuple[float, ...] = ()
        self._one_by_one = False
        self.state = alone.start()
        self._arrive()
        self._begun()

    def memory(self) -> dict[str, Array]:
        """Return the steps taken and refused and the next one, and what the programme knows."""
        return {"steps": np.array([*self.steps, self.wanted]), "events": self.underway.memory()}

    def recall(self, record: Record) -> None:
        """Stand where the run of `record` stood."""
        self._stand(record)
        taken, refused, self.wanted = record.memory["steps"].tolist()
        self.steps = [int(taken), int(refused)]
        self.now = self.base.at(self.state.time)

    def _counts(self) -> tuple[int, int, float]:
        taken, refused, _ = self.known["steps"]
        return int(taken), int(refused), 0.0

    def through(
        self, times: Sequence[float], watch: Watch | None = None, keep: Keep | None = None
    ) -> None:
        """Go to the last of the `times` (days), and save what there is at each."""
        # What is kept as it goes may be asked for at every time.
        self._times, self._one_by_one = tuple(times), keep is not None
        while self.state.time < times[-1]:
            before = self.state.time
            self._go_towards(min(self._next_event(before), times[-1]))
            if self.state.time == self._next_event(before):
                self.wanted = 0.0
            self._arrive()
            if self.state.time == times[len(self.states)]:
                self.states.append(self.shelve(self.state))
            self.reached, self.known = self.state, self.memory()
            if watch is not None:
                watch(self.state.time, self.state.time - before)
            if keep is not None:
                keep(self.so_far)

    def _next_event(self, time: float) -> float:
        return min(self.base.next_event(time), self.underway.next_event(time))

    def _go_towards(self, event: float) -> None:
        """Go to `event` past times to save, or only as far as the next of them, or the next look.

        Amounts are looked at where something may die out, or a condition be met.
        """
        saved = [time for time in self._times[len(self.states) :] if time < event]
        if self.wholes.may_fall or self.underway.waits:
            self._look_towards(min([*saved, event]))
        elif self.now.kinetics is None:
            self._step_to(min([*saved, event]))
        else:
            self._pass([*saved, event])

    def _pass(self, times: Sequence[float]) -> None:
        """Go past `times`, all of which but the last are saved."""
        most = times[:1] if self._one_by_one else times
        states, found = self.now.passing(self.state, most, self.wanted, _ENOUGH)
        if states:
            self.state, self.wanted = states[-1], float(found.wanted[-1])
            taken, refused = found.steps.sum(axis=0).tolist()
            self.steps = [self.steps[0] + taken, self.steps[1] + refused]
        self.states += map(self.shelve, states if found.failure else states[:-1])
        if found.failure is not None:
            self.reached, self.known = self.state, self.memory()
            raise StepFailed(found.failure.field, found.failure.reason, self.state.time)

    def _step_to(self, time: float) -> BodyStep:
        self.state, step = self.now.stepped(self.state, time)
        # A step without kinetics is exact.
        self.steps = [self.steps[0] + max(step.taken, 1), self.steps[1] + step.refused]
        return step

    def _look_towards(self, time: float) -> None:
        """Go to `time`, or only as far as the next look."""
        old = self.state
        self._step_to(min(time, old.time + self._next_look()))
        self.wanted = 0.0
        if self.wholes.may_fall:
            self.state, extinct = extinguished(
                self.wholes, old, self.state, lambda dt: self._ahead(old, dt)
            )
            self.extinct += extinct
        self.state = self.underway.landed(self.base, old, self.state, self._ahead)

    def _next_look(self) -> float:
        """Return after how many days amounts are looked at again."""
        if not self.underway.waits:
            return _LOOK
        passed = self.state.time - max(self.base.last_event(self.state.time), self.underway.last)
        return min(max(_SHARE * passed, _SOON), _LOOK)

    def _ahead(self, state: State, dt: float) -> State:
        """Return what a step of `dt` days makes of a `state`."""
        return self.now.stepped(state, state.time + dt)[0]

    def _arrive(self) -> None:
        self._take_over()
        time = self.state.time
        if time in self.base.happenings.times():
            before = self.wholes.above(self.state)
            jumped = self.wholes.multiplied(self.state, self.wholes.factors(time))
            self.state, extinct = emptied(self.wholes, before, jumped)
            self.extinct += extinct
            self.now = self.base.at(time)
        self.state = self.base.given(self.state)
        self.underway.look(self.base, self.state, self._ahead)
        while self._take_over():
            self.underway.look(self.base, self.state, self._ahead)

    def _take_over(self) -> bool:
        """Go on with the body and state that the study's events make; say whether any did."""
        due = self.underway.due(self.state)
        if due is None:
            return False
        if due.system is not None:
            self.base, self.wholes = due.system, due.system.wholes
            self.now = self.base.at(self.state.time)
        if due.jumps:
            before = self.wholes.above(self.state)
            jumped = due.jumped(self.state, self.base)
            self.state, extinct = emptied(self.wholes, before, jumped)
            self.extinct += extinct
        return True
