"""A run of body and tumour in turns: adaptive steps, extrapolated, with what happens between."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit, StepControl, StepLoop, relative_difference
from cartflow.coupling.bearer import TumourBearer
from cartflow.coupling.extinction import extinguished, gone
from cartflow.coupling.halves import (
    carried_apart,
    errors_left,
    extrapolated_state,
    in_halves,
    residents_apart,
    worst,
)
from cartflow.coupling.peaks import Attempt
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.stations import Stations
from cartflow.coupling.under_way import InProgress
from cartflow.pbpk.doses import Dose

Array = np.ndarray
B = TypeVar("B", bound=TumourBearer)
_BEGINNING = 1000.0  # minimum steps, up to which first amounts are taken as they come


class InTurns(InProgress[B]):
    """One run in progress, of body and tumours in turns, each step whole and as two halves."""

    def __init__(
        self,
        coupled: B,
        control: StepControl,
        initial: Array,
        time: float,
        programme: Programme[B] | None = None,
    ) -> None:
        super().__init__(coupled, programme)
        self.coupled = coupled
        self.control = control
        self.most = np.zeros(len(coupled.field_names))
        self.loop: StepLoop[State] = StepLoop(
            control=control, order=min(coupled.order, *(t.engine.order for t in coupled.tissues))
        )
        self.given: set[int] = set()
        self.stations = Stations(time)
        # The last step that was taken: of which system, from where and to where.
        self._latest: tuple[B, State, State] | None = None
        self.state = self.base.start(initial, time)
        self._arrive()
        self._begun()

    def _counts(self) -> tuple[int, int, float]:
        return self.loop.accepted, self.loop.rejected, self.loop.error_sum

    def memory(self) -> dict[str, Array]:
        """Return what the run knows beside its state, by name."""
        loop = self.loop
        return {
            "steps": np.array([loop.dt, loop.accepted, loop.rejected, loop.error_sum]),
            "engine": self.coupled.memory(),
            "stations": self.stations.times,
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
        self.stations = Stations(*record.memory["stations"])
        self._stand(record)
        self.coupled.recall(record.memory["engine"])
        self.known = self.memory()

    def _stand(self, record: Record) -> None:
        super()._stand(record)
        self.most = record.memory["most"].copy()
        self.given = {int(number) for number in record.memory["given"]}
        self.coupled = self.base.at(self.state.time)

    def _arrive(self) -> None:
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
            coupled.recall(np.zeros(0))
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
        if any(self.state.time in (dose.time, dose.end) for dose in self.base.solute_doses):
            self._restart()
            self.state = self.base.solutes_given(self.state)

    def _give(self, i: int, dose: Dose) -> None:
        """Give `dose`, the i-th, a bolus."""
        self.state = self.base.given(dose, self.state)

    def _restart(self) -> None:
        self.loop.restart()

    def _go_towards(self, event: float) -> None:
        """Take a step towards `event`, at most to where a condition is met."""
        if not self.underway.waits:
            self._step(event)
        else:
            old, attempt = self.state, self._repeated()
            self._step(min(event, self._next_look()))
            self.state = self.underway.landed(self.base, old, self.state, attempt)
        self.stations.add(self.state.time)

    def _ahead(self, state: State, dt: float) -> State:
        """Return what a step of `dt` days makes of a `state`, and leave no trace of it."""
        return self._repeated()(state, dt)

    def _next_look(self) -> float:
        """Return how far (days) to go before conditions are looked at; a step is never too far."""
        return np.inf

    def _repeated(self) -> Attempt:
        """Return what takes a step of some days from a state, and leaves no trace of it."""

        def attempt(state: State, dt: float) -> State:
            now, memory = self.state, self.coupled.memory()
            self.state = state
            new = replace(self._attempt(dt)[0], time=state.time + dt)
            self.state = now
            self.coupled.recall(memory)
            return new

        return attempt

    def _step(self, event: float) -> None:
        """Take one accepted step, at most to `event`."""
        new = self._taken(event)
        if not self.wholes.may_fall:
            self.state = new
        else:
            found = extinguished(self.wholes, self.state, new, lambda dt: self._attempt(dt)[0])
            self.state, extinct = found
            self.extinct += extinct
            if extinct:
                self._restart()

    def _taken(self, event: float) -> State:
        """Return the state after one accepted step, at most to `event`."""
        old = self.state
        # Of many cells, where the step before began is memory that this one wants.
        self._latest = None
        new, time = self.loop.step(old.time, event, self._limit(), self._attempt)
        new = replace(new, time=time)
        self._latest = self.coupled, old, new
        return new

    def last_step(self) -> tuple[State, State] | None:
        """Return how the last step ended, and how two of half its length do."""
        if self._latest is None:
            return None
        now, (self.coupled, old, new) = self.coupled, self._latest
        half, attempt = 0.5 * (new.time - old.time), self._repeated()
        better = attempt(attempt(old, half), half)
        self.coupled = now
        return new, better

    def _limit(self) -> Limit:
        try:
            return self.coupled.step_limit(self.state.tumour)
        except StepFailed as failure:
            raise StepFailed(failure.field, failure.reason, self.state.time) from None

    def _attempt(self, dt: float) -> tuple[State, float, StepFailed]:
        """Return the state after `dt`, its error in units of the tolerance, and the worst field."""
        try:
            whole = self.coupled.step(self.state, dt)
            if self.control.fixed:
                return whole, 0.0, StepFailed("", "")
            halves = in_halves(self.coupled, self.state, dt)
        except StepFailed as failure:
            if self.control.fixed:
                raise StepFailed(failure.field, failure.reason, self.state.time) from None
            return self.state, np.inf, failure
        floor = self._floor(halves)
        least = self.coupled.organs.least_residents if self.wholes.may_fall else np.inf
        apart = residents_apart(whole, halves, least)
        apart = max(apart, carried_apart(self.coupled, whole, halves))
        new, errors = halves, np.append(self._differences(whole, halves, floor), apart)
        if self.control.extrapolate:
            new, moved = extrapolated_state(self.coupled, self.loop.order, whole, halves, floor)
            errors = errors_left(self.loop.order, moved, errors, self.coupled.are_products)
        errors[: len(floor)][self._begins(dt) & np.isfinite(errors[: len(floor)])] = 0.0
        return new, *worst(self.coupled.field_names, errors, self.control.tolerance)

    def _differences(self, whole: State, halves: State, floor: Array) -> Array:
        """Return how far both differ in each field; amounts below `floor` count as that."""
        pairs = self.coupled.split(whole.tumour), self.coupled.split(halves.tumour)
        ends = np.cumsum([len(densities) for densities in pairs[0]])[:-1]
        each = zip(*pairs, self.coupled.tissues, np.split(floor, ends), strict=True)
        found = [relative_difference(a, b, tissue.volumes, least) for a, b, tissue, least in each]
        return np.concatenate(found)

    def _begins(self, dt: float) -> Array:
        """Return which fields begin with a step too short for their first amounts to matter."""
        # What starts from nothing goes with a power of time, of which no step is a small part.
        absent = self.coupled.amounts(self.state.tumour) == 0.0
        return np.asarray(absent & (dt <= _BEGINNING * self.control.minimum_step))

    def _floor(self, state: State) -> Array:
        """Return the amounts below which errors do not count.

        1e-8 of all cells infused, and 1e-6 of the most that there has been of another field; what
        may die out is followed down to its threshold.
        """
        self.most = np.maximum(self.most, self.coupled.amounts(self.state.tumour))
        floor = 1e-6 * self.most + 1e-12
        floor[self.coupled.are_products] = 1e-8 * float(np.sum(state.ledger.infused)) + 1e-12
        if self.wholes.may_fall:
            floor = np.minimum(floor, self.wholes.least_in_tumour(state))
        return floor
