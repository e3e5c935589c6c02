"""A run of body and tumour in turns: adaptive steps, extrapolated, with what happens between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from cartflow.core.outcome import Outcome, StepFailed
from cartflow.core.stepping import (
    Limit,
    StepControl,
    StepLoop,
    error_estimate,
    relative_difference,
)
from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.extinction import Extinct, extinguished, gone
from cartflow.coupling.halves import extrapolated_state, residents_apart
from cartflow.coupling.peaks import Attempt
from cartflow.coupling.programme import Programme, Underway
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.pbpk.doses import Dose

Array = np.ndarray
Watch = Callable[[float, float], None]
Keep = Callable[[Callable[[], Record]], None]
_BEGINNING = 1000.0  # minimum steps, up to which first amounts are taken as they come


def at_the_end(watch: Watch, end: float) -> Watch:
    """Return `watch` for a companion, whose days are not the run's, so that it can be stopped."""
    return lambda _, step: watch(end, step)


class InTurns:
    """One run in progress, of body and tumour in turns, each step whole and as two halves."""

    def __init__(
        self,
        coupled: Coupled,
        control: StepControl,
        initial: Array,
        time: float,
        programme: Programme[Coupled] | None = None,
    ) -> None:
        self.base = self.coupled = coupled
        self.underway = Underway(programme)
        self.wholes = self.base.wholes
        self.control = control
        self.most = np.zeros(len(initial))
        self.loop: StepLoop[State] = StepLoop(
            control=self.control, order=min(self.coupled.order, self.coupled.engine.order)
        )
        self.given: set[int] = set()
        self.extinct: list[Extinct] = []
        self.state = self.base.start(initial, time)
        self._arrive()
        # Never within a step, nor before the doses of its time.
        self.reached = self.state
        self.known: Mapping[str, Array] = self.memory()
        self.states = [self.state]

    def record(self, outcome: Outcome, *, last: bool = False) -> Record:
        """Return the run so far, with its outcome; with the `last` state that it reached."""
        between = last and self.reached.time > self.states[-1].time
        return Record(
            states=[*self.states, self.reached] if between else list(self.states),
            outcome=outcome,
            accepted_steps=self.loop.accepted,
            rejected_steps=self.loop.rejected,
            error_sum=self.loop.error_sum,
            extinct=tuple(self.extinct),
            happened=self.underway.happened,
            between=between,
            memory=self.known,
        )

    def memory(self) -> dict[str, Array]:
        """Return what the run knows beside its state, by name."""
        loop = self.loop
        return {
            "steps": np.array([loop.dt, loop.accepted, loop.rejected, loop.error_sum]),
            "engine": self.coupled.engine.memory(),
            **self._passed(),
        }

    def _passed(self) -> dict[str, Array]:
        """Return what has come to pass, whatever takes the steps."""
        return {
            "most": self.most,
            "given": np.array(sorted(self.given), dtype=float),
            "events": self.underway.memory(),
        }

    def recall(self, record: Record) -> None:
        """Stand where the run of `record` stood, as if this one had come there itself."""
        dt, accepted, rejected, error_sum = record.memory["steps"].tolist()
        self.loop.dt, self.loop.error_sum = dt, error_sum
        self.loop.accepted, self.loop.rejected = int(accepted), int(rejected)
        self._stand(record)
        self.coupled.engine.recall(record.memory["engine"])
        self.known = self.memory()

    def _stand(self, record: Record) -> None:
        self.states = list(record.states)
        self.state = self.reached = self.states[-1]
        if record.between:
            self.states.pop()
        self.extinct = list(record.extinct)
        self.most = record.memory["most"].copy()
        self.given = {int(number) for number in record.memory["given"]}
        gone_on = self.underway.recall(record.memory["events"], self.state.time)
        if gone_on is not None:
            self.base, self.wholes = gone_on, gone_on.wholes
        self.coupled = self.base.at(self.state.time)
        self.known = record.memory

    def through(
        self, times: tuple[float, ...], watch: Watch | None = None, keep: Keep | None = None
    ) -> None:
        """Go to each of the `times` (days) that is not saved yet."""
        for time in times[len(self.states) :]:
            self.advance_to(time, watch, keep)

    def advance_to(self, end: float, watch: Watch | None, keep: Keep | None = None) -> None:
        """Go to `end` (days), which is saved; `watch` and `keep` are called after every step."""
        while self.state.time < end:
            before = self.state.time
            event = min(self.base.next_event(before), self.underway.next_event(before), end)
            self._step_or_land(event)
            self._arrive()
            self.reached, self.known = self.state, self.memory()
            if watch is not None:
                watch(self.state.time, self.state.time - before)
            if keep is not None and self.state.time < end:
                keep(self.so_far)
        self.states.append(self.state)
        if keep is not None:
            keep(self.so_far)

    def so_far(self) -> Record:
        """Return the run as it stands, which goes on."""
        message = f"saved until t = {self.reached.time:.6g} day"
        return self.record(Outcome(status="running", message=message), last=True)

    def _arrive(self) -> None:
        """Let happen what happens at the time of the state.

        Events of the study come first, then switches, jumps and doses, and conditions last.
        """
        self._take_over()
        if self.state.time in self.base.happenings.times():
            self._restart()
            before = self.wholes.above(self.state)
            self._multiply(self.wholes.factors(self.state.time), jump=True)
            self._empty(before)
        self._give_doses()
        self.state = self.base.arrived(self.state)
        self._settle()
        self.underway.look(self.base, self.state, self._ahead)
        while self._take_over():
            self._settle()
            self.underway.look(self.base, self.state, self._ahead)

    def _settle(self) -> None:
        """Go on with the system as it is at the time of the state."""
        coupled = self.base.at(self.state.time)
        if coupled is not self.coupled:
            # It may have been at work before, which a run that goes on from here does not know.
            coupled.engine.recall(np.zeros(0))
        self.coupled = coupled

    def _multiply(self, factors: Array, jump: bool = False) -> None:
        """Multiply every whole, by a `jump` of the models or as it dies out."""
        self.state = self.wholes.multiplied(self.state, factors)

    def _empty(self, before: Array) -> None:
        """Take away what was above its threshold `before` and is below it now."""
        factors, found = gone(self.wholes, before, self.state)
        if found:
            self._multiply(factors)
            self.extinct += found

    def _take_over(self) -> bool:
        """Go on with the system and state that the study's events make; say whether any did."""
        due = self.underway.due(self.state)
        if due is None:
            return False
        if due.system is not None:
            self.base, self.wholes = due.system, due.system.wholes
        if due.jumps:
            before = self.wholes.above(self.state)
            self.state = due.jumped(self.state, self.base)
            self._empty(before)
        if not due.gentle:
            self._restart()
        return True

    def _give_doses(self) -> None:
        for i, dose in enumerate(self.coupled.doses):
            if i in self.given or dose.time > self.state.time:
                continue
            self.given.add(i)
            # A dose starts a new transient, so the step starts small again.
            self._restart()
            if dose.bolus:
                self._give(i, dose)

    def _give(self, i: int, dose: Dose) -> None:
        """Give `dose`, the i-th, a bolus."""
        self.state = self.base.given(dose, self.state)

    def _restart(self) -> None:
        self.loop.restart()

    def _step_or_land(self, event: float) -> None:
        """Go towards `event`, at most to where a condition is met."""
        if not self.underway.waits:
            self._step(event)
            return
        old, attempt = self.state, self._repeated()
        self._step(min(event, self._next_look()))
        self.state = self.underway.landed(self.base, old, self.state, attempt)

    def _ahead(self, state: State, dt: float) -> State:
        """Return what a step of `dt` days makes of a `state`, and leave no trace of it."""
        return self._repeated()(state, dt)

    def _next_look(self) -> float:
        """Return how far (days) to go before conditions are looked at; a step is never too far."""
        return np.inf

    def _repeated(self) -> Attempt:
        """Return what takes a step of some days from a state, and leaves no trace of it."""

        def attempt(state: State, dt: float) -> State:
            now, engine = self.state, self.coupled.engine
            memory = engine.memory()
            self.state = state
            new = replace(self._attempt(dt)[0], time=state.time + dt)
            self.state = now
            engine.recall(memory)
            return new

        return attempt

    def _step(self, event: float) -> None:
        """Take one accepted step, at most to `event`."""
        new, time = self.loop.step(self.state.time, event, self._limit(), self._attempt)
        new = replace(new, time=time)
        if not self.wholes.may_fall:
            self.state = new
            return
        found = extinguished(self.wholes, self.state, new, lambda dt: self._attempt(dt)[0])
        self.state, extinct = found
        self.extinct += extinct
        if extinct:
            self._restart()

    def _limit(self) -> Limit:
        try:
            return self.coupled.engine.step_limit(self.state.tumour)
        except StepFailed as failure:
            raise StepFailed(failure.field, failure.reason, self.state.time) from None

    def _attempt(self, dt: float) -> tuple[State, float, StepFailed]:
        """Return the state after `dt`, its error in units of the tolerance, and the worst field."""
        try:
            whole = self.coupled.step(self.state, dt)
            if self.control.fixed:
                return whole, 0.0, StepFailed("", "")
            halves = self.coupled.step(self.coupled.step(self.state, 0.5 * dt, dt), 0.5 * dt, dt)
        except StepFailed as failure:
            if self.control.fixed:
                raise StepFailed(failure.field, failure.reason, self.state.time) from None
            return self.state, np.inf, failure
        floor = self._floor(halves)
        difference = relative_difference(whole.tumour, halves.tumour, self.coupled.volumes, floor)
        least = self.coupled.organs.least_residents if self.wholes.may_fall else np.inf
        new, errors = halves, np.append(difference, residents_apart(whole, halves, least))
        if self.control.extrapolate:
            new, moved = extrapolated_state(self.coupled, self.loop.order, whole, halves, floor)
            # Only what the ledger counts must be extrapolated; elsewhere the halves may stand.
            uncounted = np.flatnonzero(~self.coupled.engine.problem.network.is_product)
            moved[uncounted] = np.minimum(moved, errors)[uncounted]
            errors = error_estimate(errors, moved, self.loop.order)
        errors[: len(floor)][self._begins(dt) & np.isfinite(errors[: len(floor)])] = 0.0
        worst = int(np.argmax(errors))
        fields = self.coupled.engine.problem.fields
        name = fields[worst].name if worst < len(fields) else "organs"
        error = float(errors[worst]) / self.control.tolerance
        error = error if np.isfinite(error) else np.inf
        return new, error, StepFailed(name, "it changes too fast")

    def _begins(self, dt: float) -> Array:
        """Return which species begin with a step too short for their first amounts to matter."""
        # What starts from nothing goes with a power of time, of which no step is a small part.
        absent = totals(self.state.tumour, self.coupled.volumes) == 0.0
        return np.asarray(absent & (dt <= _BEGINNING * self.control.minimum_step))

    def _floor(self, state: State) -> Array:
        """Return the amounts below which errors do not count.

        1e-8 of all cells infused, and 1e-6 of the most that there has been of another field; what
        may die out is followed down to its threshold.
        """
        self.most = np.maximum(self.most, totals(self.state.tumour, self.coupled.volumes))
        floor = 1e-6 * self.most + 1e-12
        floor[self.coupled.products] = 1e-8 * float(np.sum(state.ledger.infused)) + 1e-12
        if self.wholes.may_fall:
            floor = np.minimum(floor, self.wholes.least_in_tumour(state))
        return floor
