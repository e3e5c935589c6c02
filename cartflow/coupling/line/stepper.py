"""Body and tumour on a line, advanced together from event to event."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.line.advance import Control, Progress, advance
from cartflow.coupling.line.ends import Counts
from cartflow.coupling.line.plan import Plan, plan
from cartflow.coupling.line.room import Room, room
from cartflow.coupling.line.tableaus import RODAS4, Tableau
from cartflow.coupling.state import State

Array = np.ndarray
_GROWTH = 5.0
_MINIMUM = 1e-10  # day


class Going(NamedTuple):
    """How a run goes: its next step (days), the last error, steps taken and refused, their errors.

    Errors are relative, in units of the tolerance but for their sum.
    """

    step: float
    last: float = 1.0
    taken: int = 0
    refused: int = 0
    error_sum: float = 0.0

    @classmethod
    def first(cls, control: StepControl) -> Going:
        """Return how a run begins."""
        return cls(step=control.initial_step)

    def afresh(self, control: StepControl) -> Going:
        """Return this with the first step next, as after a dose."""
        return self._replace(step=control.initial_step, last=1.0)


class LineStepper:
    """Steps a coupled system `on_a_line` whose parameters and infusions stay as they are."""

    def __init__(self, coupled: Coupled, control: StepControl, method: Tableau = RODAS4) -> None:
        self.coupled = coupled
        self._method = method
        self._control = Control(
            tolerance=control.tolerance,
            # A dose into a vein wants steps that suit the body, whatever suits the tissue.
            minimum=min(control.minimum_step, _MINIMUM),
            maximum=control.maximum_step,
            growth=_GROWTH,
        )

    def advance(
        self, old: State, going: Going, end: float, floor: Array, least: Array | None
    ) -> tuple[State, Going]:
        """Return the state at `end` (days), or where a species falls below its `least` amount.

        It also returns early after many steps, so that signals can be looked at. Amounts below
        `floor` do not count as errors. Raises `StepFailed` naming the field.
        """
        supply, injected = self.coupled.infusion(old.time)
        tissue, body = np.array(old.tumour, order="C"), np.array(old.body.T, order="C")
        counts = self._no_counts()
        made = advance(
            self._plan,
            self._method,
            self._control,
            Progress(old.time, *going, 0),
            end,
            tissue,
            body,
            np.ascontiguousarray(supply.T),
            floor,
            np.zeros_like(floor) if least is None else np.where(np.isfinite(least), least, 0.0),
            counts,
            self._room,
        )
        if made.why >= 0:
            raise self._underflow(made)
        ledger = self._counted(old.ledger, counts, body)
        ledger.infused += (supply.sum(axis=0) + self.coupled.of_all(injected)) * (
            made.time - old.time
        )
        new = replace(old, time=made.time, body=body.T.copy(), tumour=tissue, ledger=ledger)
        return new, Going(made.step, made.last, made.taken, made.refused, made.error_sum)

    @cached_property
    def _plan(self) -> Plan:
        return plan(self.coupled)

    @cached_property
    def _room(self) -> Room:
        return room(self._plan, self._method.m.size)

    def _no_counts(self) -> Counts:
        reactions = self._plan.kinetics.stoichiometry.shape[1]
        places = len(self.coupled.engine.problem.places)
        return Counts(
            forwards=np.zeros(reactions),
            reverse=np.zeros(reactions),
            egress=np.zeros(self._plan.body.products.size),
            came=np.zeros(places),
            went=np.zeros(places),
        )

    def _counted(self, old: Ledger, counts: Counts, body: Array) -> Ledger:
        """Return the ledger with what happened; takes what was gathered out of `body`."""
        ledger, coupled = old.copy(), self.coupled
        network, products = coupled.engine.problem.network, coupled.products
        forwards, reverse = counts.forwards, counts.reverse
        born = network.born @ forwards + network.died @ reverse
        died = network.died @ forwards + network.born @ reverse
        into, out = np.zeros((2, len(network.species)))
        species = self._plan.crossings.species
        np.add.at(into, species, counts.came)
        np.add.at(out, species, counts.went)
        ledger.born += coupled.of_all(born[products])
        ledger.died += coupled.of_all((died + out)[products])
        ledger.converted += coupled.of_all((network.converted @ (forwards - reverse))[products])
        ledger.infused += coupled.of_all(into[products])
        ledger.egress += coupled.of_all(counts.egress)
        ledger.came += counts.came
        ledger.went += counts.went
        for name, gathered in (("lost", ledger.died), ("handed_over", ledger.inflow)):
            place = coupled.network.index(name)
            gathered += body[:, place]
            body[:, place] = 0.0
        return ledger

    def _underflow(self, made: Progress) -> StepFailed:
        fields = self.coupled.engine.problem.fields
        name = fields[made.why].name if made.why < len(fields) else "organs"
        reason = f"the step fell below {self._control.minimum:g} day (it changes too fast)"
        return StepFailed(name, reason, made.time)
