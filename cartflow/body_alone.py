"""A body without a solid tumour, in whose organs kinetics act: its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cartflow.coupled import State
from cartflow.ledger import Ledger
from cartflow.outcome import Outcome, StepFailed, interrupted
from cartflow.pbpk.acting_organs import ActingOrgans, BodyStep
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.network import OrganNetwork
from cartflow.pbpk.organ_kinetics import OrganKinetics
from cartflow.simulation import Record, Watch

Array = np.ndarray
_NO_TUMOUR = np.zeros((0, 0))


@dataclass(frozen=True, kw_only=True, eq=False)
class BodyAlone:
    """Organs with kinetics at some sites, doses, and the times to save.

    Nothing is split: each stretch between doses and saved times is one stiff solution of organs
    and kinetics, to `tolerance`, relative to each amount in one step.
    """

    network: OrganNetwork
    kinetics: OrganKinetics
    doses: tuple[Dose, ...]
    save_times: tuple[float, ...]
    tolerance: float

    @property
    def product_names(self) -> tuple[str, ...]:
        """All product species."""
        return self.kinetics.products

    @cached_property
    def organs(self) -> ActingOrgans:
        """The body's organs and what acts in them."""
        return ActingOrgans(
            network=self.network,
            products=self.product_names,
            kinetics=self.kinetics,
            tolerance=self.tolerance,
        )

    def in_tumour(self, tumour: Array) -> Array:
        """Return no product cells: there is no tumour."""
        return np.zeros(len(self.product_names))

    def run(
        self, watch: Watch | None = None, keep: Callable[[Record], None] | None = None
    ) -> Record:
        """Run to the last save time; see `Simulation.run`."""
        state = self._given(self._start())
        states, steps = [state], [0, 0]

        def record(status: Outcome) -> Record:
            return Record(
                states=list(states),
                outcome=status,
                accepted_steps=steps[0],
                rejected_steps=steps[1],
                error_sum=0.0,
            )

        try:
            for save_time in self.save_times[1:]:
                while state.time < save_time:
                    before = state.time
                    stepped, step = self._stepped(state, self._next(before, save_time))
                    steps = [steps[0] + step.taken, steps[1] + step.refused]
                    state = self._given(stepped)
                    if watch is not None:
                        watch(state.time, state.time - before)
                states.append(state)
                if keep is not None:
                    message = f"saved until t = {state.time:.6g} day"
                    keep(record(Outcome(status="running", message=message)))
        except StepFailed as failure:
            return record(Outcome(status="stopped", message=str(failure)))
        except KeyboardInterrupt as interrupt:
            if state.time > states[-1].time:
                states.append(state)
            return record(interrupted(interrupt, state.time))
        return record(Outcome(status="finished"))

    def _start(self) -> State:
        cells, residents = self.organs.start()
        ledger = Ledger.empty(len(self.product_names))
        ledger.infused += cells.sum(axis=0)
        return State(
            time=self.save_times[0],
            body=cells,
            tumour=_NO_TUMOUR,
            ledger=ledger,
            residents=residents,
        )

    def _next(self, time: float, save_time: float) -> float:
        """Return the next time at which a dose starts or ends, at most `save_time`."""
        times = [t for dose in self.doses for t in (dose.time, dose.end) if t > time]
        return min([*times, save_time])

    def _given(self, state: State) -> State:
        """Return the state with the boluses of its time."""
        ledger, body = state.ledger.copy(), state.body.copy()
        for dose in self.doses:
            if dose.bolus and dose.time == state.time:
                p = self.product_names.index(dose.phenotype)
                ledger.infused[p] += dose.cells
                body[:, p] += dose.cells * self.network.entry(dose.route)
        return replace(state, body=body, ledger=ledger)

    def _stepped(self, old: State, time: float) -> tuple[State, BodyStep]:
        supply = np.zeros_like(old.body)
        for dose in self.doses:
            if dose.time <= old.time < dose.end:
                entry = dose.rate * self.network.entry(dose.route)
                supply[:, self.product_names.index(dose.phenotype)] += entry
        try:
            step = self.organs.step(old.body, old.residents, time - old.time, supply)
        except StepFailed as failure:
            raise StepFailed(failure.field, failure.reason, old.time) from None
        ledger = old.ledger.copy()
        ledger.infused += supply.sum(axis=0) * (time - old.time)
        ledger.add(step)
        new = replace(old, time=time, body=step.cells, ledger=ledger, residents=step.residents)
        return new, step
