"""A run of body and tumour on a line with its derivatives beside it, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from cartflow.core.outcome import Outcome
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.tangents.direction import Direction, System
from cartflow.coupling.tangents.stepper import TangentStepper
from cartflow.coupling.together import Stepper, Together
from cartflow.pbpk.doses import Dose

Array = np.ndarray


class WithTangents(Together):
    """One run in progress with the derivatives of its state, by direction.

    Steps are those of the run, frozen; so is the time at which a species dies out.
    """

    def __init__(
        self,
        coupled: Coupled,
        control: StepControl,
        initial: Array,
        time: float,
        directions: Sequence[Direction],
    ) -> None:
        self.directions = tuple(directions)
        self.volumes = [each.slopes(lambda s: [s.coupled.volumes])[0] for each in directions]
        self.base = coupled
        self.tangents = self._started(initial, time)
        self.saved: list[list[State]] = []
        self._passed_tangents: list[list[State]] = []
        self._tangent_stepper: TangentStepper | None = None
        super().__init__(coupled, control, initial, time)
        self.saved.append(list(self.tangents))

    def record(self, outcome: Outcome, *, last: bool = False) -> Record:
        """Return the run so far, with its outcome and the derivatives of what is saved."""
        found = super().record(outcome, last=last)
        return replace(found, tangents=tuple(tuple(each) for each in self.saved))

    def _save(self, passed: int) -> None:
        before = len(self.states)
        super()._save(passed)
        self.saved += self._passed_tangents[:passed]
        if len(self.states) > before + passed:
            self.saved.append(list(self.tangents))

    def _move(self, new: State, stepper: Stepper) -> None:
        assert isinstance(stepper, LineStepper)
        if self._tangent_stepper is None or self._tangent_stepper.stepper is not stepper:
            time = self.state.time
            self._tangent_stepper = TangentStepper(stepper, self.directions, time)
        floor = self._least_counted()
        *self._passed_tangents, self.tangents = self._tangent_stepper.advance(
            self.state, new, self.tangents, floor
        )
        super()._move(new, stepper)

    def _give(self, i: int, dose: Dose) -> None:
        added = [each.slopes(partial(_bolus, i=i)) for each in self.directions]
        products = self.base.products
        for q, (tumour, body, infused) in enumerate(added):
            tangent = self.tangents[q]
            new, ledger = tangent.tumour.copy(), tangent.ledger.copy()
            new[products] += tumour
            ledger.infused += infused
            self.tangents[q] = replace(tangent, tumour=new, body=tangent.body + body, ledger=ledger)
        super()._give(i, dose)

    def _multiply(self, factors: Array, jump: bool = False) -> None:
        old, time = self.state.tumour, self.state.time
        super()._multiply(factors, jump)
        for q, tangent in enumerate(self.tangents):
            slope = np.zeros(len(factors))
            if jump:
                slope = self.directions[q].slopes(partial(_factors, time=time))[0]
            new = tangent.tumour * factors[:, None] + old * slope[:, None]
            self.tangents[q] = replace(
                tangent, tumour=new, ledger=self._changed(tangent, old, new, q)
            )

    def _changed(self, tangent: State, old: Array, new: Array, q: int) -> Ledger:
        """Return the slopes of the ledger after products of the tumour came or went at once."""
        rows, ledger = self.base.products, tangent.ledger.copy()
        change = (self.state.tumour - old)[rows]
        by = (new - tangent.tumour)[rows] @ self.base.volumes + change @ self.volumes[q]
        grown = change @ self.base.volumes > 0.0
        ledger.born += self.base.of_all(np.where(grown, by, 0.0))
        ledger.died -= self.base.of_all(np.where(grown, 0.0, by))
        return ledger

    def _started(self, initial: Array, time: float) -> list[State]:
        """Return the slopes of the state before any dose."""
        start, rows, found = self.base.start(initial, time), self.base.products, []
        for each, volumes in zip(self.directions, self.volumes, strict=True):
            tumour = each.slopes(lambda s: [s.initial])[0]
            ledger = start.ledger.zeroed()
            there = tumour[rows] @ self.base.volumes + initial[rows] @ volumes
            ledger.infused += self.base.of_all(there)
            found.append(replace(start, body=0.0 * start.body, tumour=tumour, ledger=ledger))
        return found


def _bolus(system: System, i: int) -> tuple[Array, Array, Array]:
    return system.coupled.dosing.bolus(system.coupled.doses[i])


def _factors(system: System, time: float) -> list[Array]:
    return [system.coupled.wholes.factors(time)]
