"""A run of body and tumour on a line as one system of equations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.core.outcome import Outcome
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.stepper import Going, LineStepper
from cartflow.coupling.peaks import Attempt
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.turns import InTurns

Array = np.ndarray


class Together(InTurns):
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
        self._stepper: LineStepper | None = None
        super().__init__(coupled, control, initial, time, programme)

    def record(self, outcome: Outcome, *, last: bool = False) -> Record:
        """Return the run so far, with its outcome."""
        return replace(
            super().record(outcome, last=last),
            accepted_steps=self.going.taken,
            rejected_steps=self.going.refused,
            error_sum=self.going.error_sum,
        )

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

    def _current(self) -> LineStepper:
        """Return the stepper of the system as it is now."""
        if self._stepper is None or self._stepper.coupled is not self.coupled:
            self._stepper = LineStepper(self.coupled, self.control)
        return self._stepper

    def _step(self, event: float) -> None:
        """Go to `event`, or as far as a species dies out or signals want to be looked at."""
        falls = self.wholes.may_fall
        before = self.wholes.above(self.state) if falls else None
        least = self.wholes.least_in_tumour(self.state) if falls else None
        stepper = self._current()
        new, self.going = stepper.advance(
            self.state, self.going, event, self._least_counted(), least
        )
        self._move(new, stepper)
        if before is not None:
            self._empty(before)

    def _move(self, new: State, stepper: LineStepper) -> None:
        """Take what `stepper` came to."""
        self.state = new

    def _least_counted(self) -> np.ndarray:
        """Return the amounts below which errors do not count, with all cells of doses under way."""
        floor = self._floor(self.state)
        doses = [dose.cells for dose in self.base.doses if dose.time <= self.state.time]
        floor[self.base.products] = np.maximum(floor[self.base.products], 1e-8 * sum(doses))
        return floor
