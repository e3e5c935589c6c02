"""The coupled run: adaptive steps from save time to save time, and what they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from cartflow.core.outcome import Outcome, StepFailed, interrupted
from cartflow.core.stepping import (
    Limit,
    StepControl,
    StepLoop,
    error_estimate,
    extrapolated,
    relative_difference,
)
from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.extinction import Extinct, emptied, extinguished
from cartflow.coupling.line.plan import on_a_line
from cartflow.coupling.line.stepper import Going, LineStepper
from cartflow.coupling.state import State
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray
_COARSEST = 0.01  # tolerance above which a run ten times as coarse says nothing
_OFTEN = 12  # steps between saved times, on average, below which these cut most of them
_BEGINNING = 1000.0  # minimum steps, up to which first amounts are taken as they come
Watch = Callable[[float, float], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Companion:
    """How a run with longer steps ended, whose errors are `ratio` times those of the run."""

    state: State
    ratio: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a run leaves: the states at the save times, how it ended, how many steps it took.

    `companion` is a coarser run beside it, if there was one. `error_sum` adds up the estimated
    relative errors of all accepted steps: a measure of the error in time at the end, as long as
    errors neither grow nor die out on the way. `extinct` are the species that died out, as time
    went.
    """

    states: list[State]
    outcome: Outcome
    accepted_steps: int
    rejected_steps: int
    error_sum: float
    extinct: tuple[Extinct, ...] = ()
    companion: Companion | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """A coupled system with its start and the times to save.

    `initial` is the tumour's state (species, mesh cells); `save_times` (days) rise from the
    first, where the run starts, to the last, where it ends.
    """

    coupled: Coupled
    initial: Array
    save_times: tuple[float, ...]
    control: StepControl = field(default_factory=StepControl)

    @property
    def one_system(self) -> bool:
        """Whether body and tumour are stepped together, as one system of equations.

        They are on a line of cells (slab, ball) whose transport coefficients never change, without
        kinetics in organs; else in turns (see `Coupled`).
        """
        coupled = self.coupled
        fast = isinstance(coupled.engine, FastEngine) and coupled.kinetics is None
        return fast and not self.control.fixed and on_a_line(coupled.engine.problem)

    def run(
        self, watch: Watch | None = None, keep: Callable[[Record], None] | None = None
    ) -> Record:
        """Run to the last save time; `watch(time, step)` is called after every step.

        `keep` gets the record so far, with the outcome ``running``, at every save time.

        The record ends early, with the reason in its outcome, when a step underflows, a number
        is not finite or negative, or the user interrupts; an interrupted one keeps its last state.
        """
        run = _OneSystem(self) if self.one_system else _Run(self)
        try:
            for save_time in self.save_times[1:]:
                run.advance_to(save_time, watch)
                if keep is not None:
                    message = f"saved until t = {run.state.time:.6g} day"
                    keep(run.record(Outcome(status="running", message=message)))
        except StepFailed as failure:
            return run.record(Outcome(status="stopped", message=str(failure)))
        except KeyboardInterrupt as interrupt:
            run.keep_last()
            return run.record(interrupted(interrupt, run.reached.time))
        record = run.record(Outcome(status="finished"))
        return replace(record, companion=self._companion(record.accepted_steps, watch))

    def _companion(self, steps: int, watch: Watch | None) -> Companion | None:
        """Return how one system ends with longer steps, where it is wished for and finishes.

        In turns the errors of organs are not those of the steps, and longer ones do not tell them.
        """
        checked = self.one_system and self.control.time_check
        if not checked or self.control.tolerance > _COARSEST:
            return None
        control, ratio = self.control.coarser()
        # Steps end at saved times: every other one, so that steps are longer there, too. Where
        # they cut most steps, these are twice as long, and an order between three and four is seen.
        times = self.save_times[:-1:2] + self.save_times[-1:]
        if steps < _OFTEN * (len(self.save_times) - 1):
            ratio = 2.0**3.5
        end = None if watch is None else _still(watch, times[-1])
        record = replace(self, save_times=times, control=control).run(end)
        if record.outcome.status != "finished":
            return None  # also where a user has had enough of it: the run itself is whole
        return Companion(state=record.states[-1], ratio=ratio)


def _still(watch: Watch, end: float) -> Watch:
    """Return `watch` for a companion, whose days are not the run's, so that it can be stopped."""
    return lambda _, step: watch(end, step)


class _Run:
    """One run in progress."""

    def __init__(self, simulation: Simulation) -> None:
        self.base = self.coupled = simulation.coupled
        self.wholes = self.base.wholes
        self.control = simulation.control
        self.most = np.zeros(len(simulation.initial))
        self.loop: StepLoop[State] = StepLoop(
            control=self.control, order=min(self.coupled.order, self.coupled.engine.order)
        )
        self.given: set[int] = set()
        self.extinct: list[Extinct] = []
        self.state = self.base.start(simulation.initial, simulation.save_times[0])
        self._arrive()
        self.reached = self.state  # never within a step, nor before the doses of its time
        self.states = [self.state]

    def record(self, outcome: Outcome) -> Record:
        return Record(
            states=list(self.states),
            outcome=outcome,
            accepted_steps=self.loop.accepted,
            rejected_steps=self.loop.rejected,
            error_sum=self.loop.error_sum,
            extinct=tuple(self.extinct),
        )

    def advance_to(self, end: float, watch: Watch | None) -> None:
        while self.state.time < end:
            before = self.state.time
            self._step(min(self.base.next_event(before), end))
            self._arrive()
            self.reached = self.state
            if watch is not None:
                watch(self.state.time, self.state.time - before)
        self.states.append(self.state)

    def keep_last(self) -> None:
        """Have the state that was reached among those saved."""
        if self.reached.time > self.states[-1].time:
            self.states.append(self.reached)

    def _arrive(self) -> None:
        """Let happen what happens at the time of the state: switches, then jumps, then doses."""
        if self.state.time in self.base.happenings.times():
            self._restart()
            before = self.wholes.above(self.state)
            jumped = self.wholes.multiplied(self.state, self.wholes.factors(self.state.time))
            self._accept(*emptied(self.wholes, before, jumped))
        self._give_doses()
        self.coupled = self.base.at(self.state.time)

    def _accept(self, state: State, extinct: tuple[Extinct, ...]) -> None:
        self.state = state
        self.extinct += extinct

    def _give_doses(self) -> None:
        for i, dose in enumerate(self.coupled.doses):
            if i in self.given or dose.time > self.state.time:
                continue
            self.given.add(i)
            # A dose starts a new transient, so the step starts small again.
            self._restart()
            if dose.bolus:
                self.state = self.base.given(dose, self.state)

    def _restart(self) -> None:
        self.loop.restart()

    def _step(self, event: float) -> None:
        """Take one accepted step, at most to `event`."""
        new, time = self.loop.step(self.state.time, event, self._limit(), self._attempt)
        new = replace(new, time=time)
        if not self.wholes.may_fall:
            self.state = new
            return
        found = extinguished(self.wholes, self.state, new, lambda dt: self._attempt(dt)[0])
        self._accept(*found)
        if found[1]:
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
        new, errors = halves, np.append(difference, self._in_organs(whole, halves))
        if self.control.extrapolate:
            new, moved = self._extrapolate(whole, halves, floor)
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

    def _in_organs(self, whole: State, halves: State) -> float:
        """Return how far the kinetics in organs differ, relative to each amount."""
        sizes = np.abs(halves.residents)
        most = 1e-6 * sizes.max(axis=0, initial=0.0) + 1e-12
        if self.wholes.may_fall:
            most = np.minimum(most, self.coupled.organs.least_residents)
        return float(np.max(np.abs(whole.residents - halves.residents) / (sizes + most), initial=0))

    def _extrapolate(self, whole: State, halves: State, floor: Array) -> tuple[State, Array]:
        """Return the extrapolated state, and the share that its limits moved in each field.

        The last share is that of what only organs have. A share counts as far as the amount is
        above its `floor`.
        """
        order = self.loop.order
        ones = np.ones(len(halves.body))
        columns = [
            extrapolated(a, b, ones, order)
            for a, b in zip(whole.body.T, halves.body.T, strict=True)
        ]
        rows = [
            extrapolated(a, b, self.coupled.volumes, order)
            for a, b in zip(whole.tumour, halves.tumour, strict=True)
        ]
        sizes = totals(halves.tumour, self.coupled.volumes)
        moved = np.append([share for _, share in rows] * (sizes / (sizes + floor)), 0.0)
        bodies = halves.body.sum(axis=0)
        least = 1e-8 * float(np.sum(halves.ledger.infused)) + 1e-12
        shares = [share for _, share in columns] * (bodies / (bodies + least))
        count = len(self.coupled.products)
        moved[self.coupled.products] += shares[:count]
        moved[-1] = max(shares[count:], default=0.0)
        better = halves.residents + (halves.residents - whole.residents) / (2.0**order - 1.0)
        new = State(
            time=halves.time,
            body=np.array([values for values, _ in columns]).T,
            tumour=np.array([values for values, _ in rows]),
            ledger=halves.ledger.extrapolated(whole.ledger, order),
            residents=np.where(better < 0.0, halves.residents, better),
        )
        return new, moved


class _OneSystem(_Run):
    """One run in progress, of body and tumour on a line as one system."""

    def __init__(self, simulation: Simulation) -> None:
        self.going = Going.first(simulation.control)
        self._stepper: LineStepper | None = None
        super().__init__(simulation)

    def record(self, outcome: Outcome) -> Record:
        return replace(
            super().record(outcome),
            accepted_steps=self.going.taken,
            rejected_steps=self.going.refused,
            error_sum=self.going.error_sum,
        )

    def _restart(self) -> None:
        self.going = self.going.afresh(self.control)

    def _step(self, event: float) -> None:
        """Go to `event`, or as far as a species dies out or signals want to be looked at."""
        if self._stepper is None or self._stepper.coupled is not self.coupled:
            self._stepper = LineStepper(self.coupled, self.control)
        before = self.wholes.above(self.state)
        least = self.wholes.least_in_tumour(self.state) if self.wholes.may_fall else None
        self.state, self.going = self._stepper.advance(
            self.state, self.going, event, self._least_counted(), least
        )
        if least is not None:
            self._accept(*emptied(self.wholes, before, self.state))

    def _least_counted(self) -> np.ndarray:
        """Return the amounts below which errors do not count, with all cells of doses under way."""
        floor = self._floor(self.state)
        doses = [dose.cells for dose in self.base.doses if dose.time <= self.state.time]
        floor[self.base.products] = np.maximum(floor[self.base.products], 1e-8 * sum(doses))
        return floor
