"""Body and tumour on a line, advanced together from event to event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import Ledger, residual
from cartflow.coupling.line.advance import ARRIVED, SHORTEST, Control, Progress, advance
from cartflow.coupling.line.counting import Counts, none_counted
from cartflow.coupling.line.plan import Plan, plan
from cartflow.coupling.line.room import Room, room
from cartflow.coupling.line.saving import no_saves
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
        # The steps of the last advance in days, what it passed and how many times, and when
        # these and its end are, in days.
        self.steps: Array = np.zeros(0)
        self.saves = no_saves(self.plan, 0, np.zeros(0))
        self.saved = 0
        self.passed: list[State] = []
        self.days: Array = np.zeros(1)
        self._control = Control(
            tolerance=control.tolerance,
            minimum=control.minimum_step,
            maximum=control.maximum_step,
            growth=_GROWTH,
        )

    def advance(
        self,
        old: State,
        going: Going,
        end: float,
        floor: Array,
        least: Array | None,
        times: Sequence[float] = (),
    ) -> tuple[State, Going]:
        """Return the state at `end` (days), or where a species falls below its `least` amount.

        It also returns early after many steps, so that signals can be looked at. Amounts below
        `floor` do not count as errors. States at those `times` before the end that were passed
        are left in `passed`. Raises `StepFailed` naming the field.
        """
        supply, injected = self.coupled.dosing.infusion(old.time)
        before = going.taken
        tissue, body = np.array(old.tumour, order="C"), np.array(old.body.T, order="C")
        places = len(self.coupled.engine.problem.places)
        counts = none_counted(self.plan, places)
        self.saves = saves = no_saves(self.plan, places, np.array(times) - old.time)
        went = advance(
            self.plan,
            self.method,
            self._control,
            # From nought, so that no digit of a short infusion late in a run is lost.
            Progress(0.0, *going, 0, 0),
            end - old.time,
            tissue,
            body,
            np.ascontiguousarray(supply.T),
            floor,
            np.zeros_like(floor) if least is None else np.where(np.isfinite(least), least, 0.0),
            counts,
            saves,
            self.room,
        )
        made = Progress(*went)
        self.steps = self.room.steps[: made.taken - before].copy()
        time = end if made.why == ARRIVED else old.time + made.time
        n, self.saved = made.saved, made.saved
        saves.u[n], saves.body[n] = tissue, body
        for mine, last in zip(saves.counts, counts, strict=True):
            mine[n] = last
        self.days = np.append(saves.days[:n], made.time)
        given = self.coupled.dosing.counted(supply, injected)
        *passed, new = self._states(old, np.append(times[:n], time), given)
        failure = self._unbalanced(new)
        if made.why >= 0:
            failure = self._underflow(made.why, tissue, time)
        if failure is not None:
            self.passed = list(takewhile(lambda state: self._unbalanced(state) is None, passed))
            raise failure
        self.passed = passed
        return new, Going(made.step, made.last, made.taken, made.refused, made.error_sum)

    def _states(self, old: State, times: Array, given: Array) -> list[State]:
        """Return the states at `times`, those saved on the way and the last of an advance.

        `given` is what is infused a day.
        """
        some = slice(0, times.size)
        counts = Counts(*(each[some] for each in self.saves.counts))
        tissue, body = self.saves.u[some], self.saves.body[some]
        ledgers = self.counted(old.ledger, counts, body, np.outer(self.days, given))
        return [
            replace(old, time=float(time), body=cells.T.copy(), tumour=u, ledger=ledger)
            for time, cells, u, ledger in zip(times, body, tissue, ledgers, strict=True)
        ]

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

    def counted(self, old: Ledger, counts: Counts, body: Array, infused: Array) -> list[Ledger]:
        """Return the ledgers with what happened until several times, first in all arrays.

        `infused` (times, products) is what was; takes what was gathered out of `body`.
        """
        coupled, new = self.coupled, {}
        for name in old.__annotations__:
            new[name] = np.tile(getattr(old, name), (len(infused), 1))
        born, died, converted = self._turning
        forwards, reverse = counts.forwards, counts.reverse
        # A ledger's first columns are the tumour's products.
        mine = slice(0, len(coupled.products))
        new["infused"] += infused
        new["born"][:, mine] += forwards @ born.T + reverse @ died.T
        new["died"][:, mine] += forwards @ died.T + reverse @ born.T
        new["converted"][:, mine] += (forwards - reverse) @ converted.T
        if counts.came.size:
            fields = np.eye(len(coupled.engine.problem.fields))[self.plan.crossings.species]
            new["infused"][:, mine] += (counts.came @ fields)[:, coupled.products]
            new["died"][:, mine] += (counts.went @ fields)[:, coupled.products]
            new["came"] += counts.came
            new["went"] += counts.went
        new["egress"][:, mine] += counts.egress
        for name, gathered in (("lost", new["died"]), ("handed_over", new["inflow"])):
            place = coupled.network.index(name)
            gathered += body[:, :, place]
            if name == "handed_over":
                coupled.enter_handed_over(body[:, :, place], new["infused"])
            body[:, :, place] = 0.0
        return [
            Ledger(**{name: rows[n] for name, rows in new.items()}) for n in range(len(infused))
        ]

    def _unbalanced(self, new: State) -> StepFailed | None:
        """Return what failed if rates beyond what numbers resolve have made or lost cells."""
        inside = self.coupled.in_tumour(new.tumour)
        none = np.zeros(len(inside))
        gaps = np.abs(residual(new.ledger, in_body(self.coupled.network, new.body), inside, none))
        most = _CLOSED * (1.0 + float(np.sum(new.ledger.infused + new.ledger.born)))
        if not gaps.size or float(gaps.max()) <= most:
            return None
        name = self.coupled.product_names[int(np.argmax(gaps))]
        return StepFailed(name, "its balance is lost: rates too large for numbers", new.time)

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
