"""A run of body and tumour on a line as one system of equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.stepper import Going, LineStepper
from cartflow.coupling.peaks import Attempt
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.turns import InTurns
from cartflow.coupling.under_way import Keep, Watch

Array = np.ndarray


class Stepper(Protocol):
    """What goes on with a `coupled` system, and leaves what it `passed`."""

    passed: list[State]

    @property
    def coupled(self) -> Coupled:
        """The system, whose parameters and infusions stay as they are."""

    def advance(
        self,
        old: State,
        going: Going,
        end: float,
        floor: Array,
        least: Array | None,
        times: Sequence[float] = (),
    ) -> tuple[State, Going]:
        """Return the state at `end` (days), or where a species falls below its `least` amount."""


class Together(InTurns[Coupled]):
    """One run in progress, of body and tumour on a line as one system."""

    def __init__(
        self,
        coupled: Coupled,
        control: StepControl,
        initial: Array,
        time: float,
        programme: Programme[Coupled] | None = None,
    ) -> None:
        self.going = Going.first(control)
        self._stepper: Stepper | None = None
        self._times: tuple[float, ...] = ()
        self._passed_states: list[State] = []
        super().__init__(coupled, control, initial, time, programme)

    def through(
        self, times: Sequence[float], watch: Watch | None = None, keep: Keep | None = None
    ) -> None:
        """Go to the last of the `times` (days), and save what there is at each; steps pass them."""
        self._times = tuple(times)
        while self.state.time < times[-1]:
            before = self.state.time
            event = min(self.base.next_event(before), self.underway.next_event(before), times[-1])
            self._go_towards(event)
            self._arrive()
            # A condition may have been met before some of them.
            self._save(sum(state.time < self.state.time for state in self._passed_states))
            self.reached, self.known = self.state, self.memory()
            if watch is not None:
                watch(self.state.time, self.state.time - before)
            if keep is not None:
                keep(self.so_far)

    def _save(self, passed: int) -> None:
        """Save so many of the states that were passed, and that of now if it is to be saved."""
        self.states += map(self.shelve, self._passed_states[:passed])
        if self._now_due():
            self.states.append(self.shelve(self.state))

    def _now_due(self) -> bool:
        saved = len(self.states)
        return saved < len(self._times) and self.state.time == self._times[saved]

    def _counts(self) -> tuple[int, int, float]:
        return self.going.taken, self.going.refused, self.going.error_sum

    def memory(self) -> dict[str, Array]:
        """Return what the run knows beside its state, by name."""
        return {"going": np.array(self.going, dtype=float), **self._passed()}

    def recall(self, record: Record) -> None:
        """Stand where the run of `record` stood."""
        step, last, taken, refused, error_sum = record.memory["going"].tolist()
        self.going = Going(step, last, int(taken), int(refused), error_sum)
        self._stand(record)

    def _restart(self) -> None:
        self.going = self.going.afresh(self.control)

    def _next_look(self) -> float:
        return self.state.time + self.going.step

    def _repeated(self) -> Attempt:
        going, floor, stepper = self.going, self._least_counted(), self._current()
        return lambda old, dt: stepper.advance(old, going, old.time + dt, floor, None)[0]

    def _current(self) -> Stepper:
        """Return the stepper of the system as it is now."""
        if self._stepper is None or self._stepper.coupled is not self.coupled:
            self._stepper = self._made()
        return self._stepper

    def _made(self) -> Stepper:
        """Return a stepper of the system as it is now."""
        return LineStepper(self.coupled, self.control)

    def _step(self, event: float) -> None:
        """Go to `event`, or as far as a species dies out or signals want to be looked at."""
        falls = self.wholes.may_fall
        before = self.wholes.above(self.state) if falls else None
        least = self.wholes.least_in_tumour(self.state) if falls else None
        stepper = self._current()
        times = [time for time in self._times[len(self.states) :] if time < event]
        try:
            new, self.going = stepper.advance(
                self.state, self.going, event, self._least_counted(), least, times
            )
        except StepFailed:
            # What was passed before it stopped is saved.
            self.states += map(self.shelve, stepper.passed)
            raise
        self._passed_states = stepper.passed
        self._move(new, stepper)
        if before is not None:
            self._empty(before)

    def _move(self, new: State, stepper: Stepper) -> None:
        """Take what `stepper` came to."""
        self.state = new

    def _least_counted(self) -> np.ndarray:
        """Return the amounts below which errors do not count, with all cells of doses under way."""
        floor = self._floor(self.state)
        doses = [dose.cells for dose in self.base.doses if dose.time <= self.state.time]
        floor[self.base.products] = np.maximum(floor[self.base.products], 1e-8 * sum(doses))
        return floor
