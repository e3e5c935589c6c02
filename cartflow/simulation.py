"""The coupled loop: body half step, tumour step, body half step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cartflow.exchange import Door
from cartflow.ledger import Ledger
from cartflow.outcome import Outcome, RunStopped, StepFailed
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.network import OrganNetwork
from cartflow.pbpk.stepper import NetworkStepper
from cartflow.pde.engine import Account, Engine
from cartflow.stepping import Extrapolation, StepControl, landing

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """The state at one saved time: body (compartments, products), tumour (species, mesh cells)."""

    time: float
    body: Array
    tumour: Array
    in_tumour: Array
    ledger: Ledger


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a run leaves: its snapshots, how it ended, and how many steps it took."""

    snapshots: list[Snapshot]
    outcome: Outcome
    accepted_steps: int
    rejected_steps: int


@dataclass(kw_only=True, eq=False)
class _State:
    time: float
    body: Array
    tumour: Array
    ledger: Ledger


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """An organ network coupled to an engine's problem through a door.

    `initial` is the tumour's state (species, mesh cells). `save_times` rise from the first to the
    last; `injection` weights (1/mm^3 per mesh cell) place intratumoural doses.
    """

    network: OrganNetwork
    engine: Engine
    door: Door
    doses: tuple[Dose, ...]
    initial: Array
    save_times: tuple[float, ...]
    injection: Array
    control: StepControl = field(default_factory=StepControl)

    def run(self, watch: Callable[[float, float], None] | None = None) -> Record:
        """Run to the last save time; `watch(time, step)` is called after every step.

        The record ends early, with the reason in its outcome, when a step underflows, a number
        is not finite or negative, or the user interrupts.
        """
        loop = _Loop(self)
        try:
            for save_time in self.save_times[1:]:
                loop.advance_to(save_time, watch)
                loop.save()
        except StepFailed as failure:
            return loop.record(Outcome(status="stopped", message=str(failure)))
        except KeyboardInterrupt:
            message = f"by the user at t = {loop.state.time:.6g} day"
            return loop.record(Outcome(status="interrupted", message=message))
        return loop.record(Outcome(status="finished"))


class _Loop:
    """One run in progress."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        problem = simulation.engine.problem
        self.products = np.flatnonzero(problem.network.is_product)
        self.volumes = problem.geometry.cell_volumes
        self.stepper = NetworkStepper(network=simulation.network)
        self.handed = simulation.network.index("handed_over")
        self.lost = simulation.network.index("lost")
        ledger = Ledger.empty(len(self.products))
        body = np.zeros((len(simulation.network.compartments), len(self.products)))
        self.state = _State(
            time=simulation.save_times[0], body=body, tumour=simulation.initial, ledger=ledger
        )
        ledger.infused += self.in_tumour(self.state.tumour)
        self.given: set[int] = set()
        self.last: Extrapolation | None = None
        self.dt = simulation.control.initial_step
        self.accepted = self.rejected = 0
        self.snapshots: list[Snapshot] = []
        self._give_boluses()
        self.save()

    def in_tumour(self, tumour: Array) -> Array:
        return np.asarray(tumour[self.products] @ self.volumes)

    def save(self) -> None:
        state = self.state
        self.snapshots.append(
            Snapshot(
                time=state.time,
                body=state.body.copy(),
                tumour=state.tumour.copy(),
                in_tumour=self.in_tumour(state.tumour),
                ledger=state.ledger.copy(),
            )
        )

    def record(self, outcome: Outcome) -> Record:
        return Record(
            snapshots=self.snapshots,
            outcome=outcome,
            accepted_steps=self.accepted,
            rejected_steps=self.rejected,
        )

    def advance_to(self, end: float, watch: Callable[[float, float], None] | None) -> None:
        while self.state.time < end:
            self._step(min(self._next_event(), end))
            self._give_boluses()
            if watch is not None:
                watch(self.state.time, self.dt)

    def _next_event(self) -> float:
        times = [t for d in self.simulation.doses for t in (d.time, d.time + d.duration)]
        return min((t for t in times if t > self.state.time), default=np.inf)

    def _give_boluses(self) -> None:
        for i, dose in enumerate(self.simulation.doses):
            if i in self.given or dose.time > self.state.time:
                continue
            self.given.add(i)
            # A dose starts a new transient: the step starts small again.
            self.dt = self.simulation.control.initial_step
            self.last = None
            if dose.duration == 0:
                self._give(dose)

    def _give(self, dose: Dose) -> None:
        p = self._product(dose)
        self.state.ledger.infused[p] += dose.cells
        if dose.route == "intratumoural":
            self.state.tumour = self.state.tumour.copy()
            self.state.tumour[self.products[p]] += dose.cells * self.simulation.injection
        else:
            self.state.body[self.simulation.network.index("venous"), p] += dose.cells

    def _product(self, dose: Dose) -> int:
        species = self.simulation.engine.problem.network.index(dose.phenotype)
        return int(np.flatnonzero(self.products == species)[0])

    def _infusion(self, time: float) -> tuple[Array, Array]:
        """Return the supply to the body (compartments, products) and tumour (products), per day."""
        body, tumour = np.zeros_like(self.state.body), np.zeros(len(self.products))
        for dose in self.simulation.doses:
            if dose.duration > 0 and dose.time <= time < dose.time + dose.duration:
                rate = dose.cells / dose.duration
                if dose.route == "intratumoural":
                    tumour[self._product(dose)] += rate
                else:
                    venous = self.simulation.network.index("venous")
                    body[venous, self._product(dose)] += rate
        return body, tumour

    def _step(self, event: float) -> None:
        """Take one accepted step, at most to `event`."""
        control = self.simulation.control
        limit = self.simulation.engine.step_limit(self.state.tumour)
        dt = landing(self.state.time, min(self.dt, limit), event)
        wished, worst = (self.dt if dt < self.dt else 0.0), "tumour"
        while True:
            if dt < control.minimum_step and dt < event - self.state.time:
                raise StepFailed(worst, f"the step fell below {control.minimum_step:g} day", self.state.time)
            try:
                new = self._trial(dt, event)
                errors = self._errors(new, dt)
                error = float(np.max(errors)) / control.tolerance
                worst = self.simulation.engine.problem.fields[int(np.argmax(errors))].name
            except StepFailed as failure:
                worst, error = failure.field, np.inf
                if dt * 0.2 < control.minimum_step:
                    raise StepFailed(failure.field, failure.reason, self.state.time) from None
            if error <= 1.0:
                break
            self.rejected += 1
            wished, dt = 0.0, control.next_step(dt, error)
        self.accepted += 1
        self.last = Extrapolation(before=self.state.tumour, step=dt)
        # A step cut short to land on an event does not shorten the step after it.
        self.dt = max(control.next_step(dt, error), wished)
        self.state = new

    def _errors(self, new: _State, dt: float) -> Array:
        if self.last is None:
            return np.zeros(len(new.tumour))
        floor = np.full(len(new.tumour), 1e-12)
        floor[self.products] = 1e-5 * float(np.sum(self.state.ledger.infused)) + 1e-12
        return self.last.errors(self.state.tumour, new.tumour, dt, self.volumes, floor)

    def _trial(self, dt: float, event: float) -> _State:
        # Overflow is caught afterwards, where the field that overflowed can be named.
        with np.errstate(all="ignore"):
            return self._advance(dt, event)

    def _advance(self, dt: float, event: float) -> _State:
        old = self.state
        ledger, tumour = old.ledger.copy(), old.tumour.copy()
        supply, injected = self._infusion(old.time)
        ledger.infused += (supply.sum(axis=0) + injected) * dt
        tumour[self.products] += np.outer(injected * dt, self.simulation.injection)
        body = self._body_half(old.body, tumour, supply, dt, ledger)
        tumour, account = self.simulation.engine.step(tumour, dt)
        self._enter(account, body, ledger)
        body = self._body_half(body, tumour, supply, dt, ledger)
        time = event if dt == event - old.time else old.time + dt
        return _State(time=time, body=body, tumour=tumour, ledger=ledger)

    def _body_half(
        self, body: Array, tumour: Array, supply: Array, dt: float, ledger: Ledger
    ) -> Array:
        """Advance the body by half of `dt`; what its vessels handed over joins `tumour`."""
        body = self.stepper.step(body, 0.5 * dt, supply if supply.any() else None)
        handed, lost = body[self.handed].copy(), body[self.lost].copy()
        body[self.handed] = body[self.lost] = 0.0
        tumour[self.products] += self.simulation.door.deliver(handed)
        ledger.inflow += handed
        ledger.died += lost
        return body

    def _enter(self, account: Account, body: Array, ledger: Ledger) -> None:
        """Enter the tumour's step in the ledger, and its egress in the draining node."""
        p = self.products
        ledger.born += account.born[p]
        ledger.died += account.died[p] + account.left[p]
        ledger.converted += account.converted[p]
        ledger.infused += account.supplied[p]
        ledger.egress += account.egress[p]
        body[self.simulation.network.index("lymph")] += account.egress[p]


def raise_if_stopped(record: Record) -> None:
    """Raise `RunStopped` with the outcome's text unless the run finished."""
    if record.outcome.status != "finished":
        raise RunStopped(str(record.outcome))
