"""Body and tumour on a line, advanced together from event to event."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import Ledger, residual
from cartflow.coupling.line.advance import ARRIVED, SHORTEST, Control, Progress, advance
from cartflow.coupling.line.ends import Counts, none_counted
from cartflow.coupling.line.plan import Plan, plan
from cartflow.coupling.line.room import Room, room
from cartflow.coupling.line.tableaus import RODAS4, Tableau
from cartflow.coupling.state import State
from cartflow.pbpk.flows.observables import in_body

Array = np.ndarray
_GROWTH = 5.0
_CHANGES = "it changes too fast"
_CLOSED = 1e-8  # of all cells infused and born, and one more


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
        self.method = method
        # The steps of the last advance, and how far it went, in days.
        self.steps: Array = np.zeros(0)
        self.days = 0.0
        self._control = Control(
            tolerance=control.tolerance,
            minimum=control.minimum_step,
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
        before = going.taken
        tissue, body = np.array(old.tumour, order="C"), np.array(old.body.T, order="C")
        counts = self._no_counts()
        made = advance(
            self.plan,
            self.method,
            self._control,
            # From nought, so that no digit of a short infusion late in a run is lost.
            Progress(0.0, *going, 0),
            end - old.time,
            tissue,
            body,
            np.ascontiguousarray(supply.T),
            floor,
            np.zeros_like(floor) if least is None else np.where(np.isfinite(least), least, 0.0),
            counts,
            self.room,
        )
        self.steps = self.room.steps[: made.taken - before].copy()
        time = end if made.why == ARRIVED else old.time + made.time
        if made.why >= 0:
            raise self._underflow(made.why, tissue, time)
        self.days = made.time
        ledger = self.counted(old.ledger, counts, body)
        ledger.infused += self.coupled.counted(supply, injected) * made.time
        new = replace(old, time=time, body=body.T.copy(), tumour=tissue, ledger=ledger)
        self._require_balance(new)
        return new, Going(made.step, made.last, made.taken, made.refused, made.error_sum)

    @cached_property
    def plan(self) -> Plan:
        """The system's arrays."""
        return plan(self.coupled)

    @cached_property
    def _turning(self) -> tuple[Array, Array, Array]:
        """Products born, dead and converted (products, reactions) per event."""
        network, products = self.coupled.engine.problem.network, self.coupled.products
        return network.born[products], network.died[products], network.converted[products]

    @cached_property
    def room(self) -> Room:
        """Where steps are worked out."""
        return room(self.plan, self.method.m.size)

    def _no_counts(self) -> Counts:
        return none_counted(self.plan, len(self.coupled.engine.problem.places))

    def counted(self, old: Ledger, counts: Counts, body: Array) -> Ledger:
        """Return the ledger with what happened; takes what was gathered out of `body`."""
        ledger, coupled = old.copy(), self.coupled
        born, died, converted = self._turning
        forwards, reverse = counts.forwards, counts.reverse
        # A ledger's first rows are the tumour's products.
        mine = slice(0, len(coupled.products))
        ledger.born[mine] += born @ forwards + died @ reverse
        ledger.died[mine] += died @ forwards + born @ reverse
        ledger.converted[mine] += converted @ (forwards - reverse)
        if counts.came.size:
            into, out = np.zeros((2, len(coupled.engine.problem.fields)))
            np.add.at(into, self.plan.crossings.species, counts.came)
            np.add.at(out, self.plan.crossings.species, counts.went)
            ledger.infused[mine] += into[coupled.products]
            ledger.died[mine] += out[coupled.products]
            ledger.came += counts.came
            ledger.went += counts.went
        ledger.egress[mine] += counts.egress
        for name, gathered in (("lost", ledger.died), ("handed_over", ledger.inflow)):
            place = coupled.network.index(name)
            gathered += body[:, place]
            if name == "handed_over":
                coupled.enter_handed_over(body[:, place], ledger)
            body[:, place] = 0.0
        return ledger

    def _require_balance(self, new: State) -> None:
        """Raise `StepFailed` if rates beyond what numbers resolve have made or lost cells."""
        inside = self.coupled.in_tumour(new.tumour)
        none = np.zeros(len(inside))
        gaps = np.abs(residual(new.ledger, in_body(self.coupled.network, new.body), inside, none))
        most = _CLOSED * (1.0 + float(np.sum(new.ledger.infused + new.ledger.born)))
        if gaps.size and not float(gaps.max()) <= most:
            name = self.coupled.product_names[int(np.argmax(gaps))]
            raise StepFailed(name, "its balance is lost: rates too large for numbers", new.time)

    def _underflow(self, which: int, tissue: Array, time: float) -> StepFailed:
        """Return why no step was short enough, which a drift may be to blame for."""
        fields, least = self.coupled.engine.problem.fields, self._control.minimum
        if which >= len(fields):
            name, reason, least = "organs", _CHANGES, min(least, SHORTEST)
        else:
            limit = self.coupled.engine.step_limit(tissue)
            drifts = limit.days < least
            name = limit.field if drifts else fields[which].name
            reason = limit.reason if drifts else _CHANGES
        return StepFailed(name, f"the step fell below {least:g} day ({reason})", time)
