"""Body and tumour on a line, advanced together from event to event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.core.tableaus import RODAS4, Tableau
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.accounts import AsOneSystem
from cartflow.coupling.line.advance import ARRIVED, GROWTH, Control, Progress, advance
from cartflow.coupling.line.counting import Counts, none_counted
from cartflow.coupling.line.plan import Plan, plan
from cartflow.coupling.line.room import Room, room
from cartflow.coupling.line.saving import no_saves
from cartflow.coupling.state import State

Array = np.ndarray


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


class LineStepper(AsOneSystem):
    """Steps a coupled system `on_a_line` whose parameters and infusions stay as they are."""

    def __init__(self, coupled: Coupled, control: StepControl, method: Tableau = RODAS4) -> None:
        super().__init__(coupled, control.minimum_step)
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
            growth=GROWTH,
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
        supply, given, wanted = self.beginning(old.time, least)
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
            supply,
            floor,
            wanted,
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
        *passed, new = self._states(old, np.append(times[:n], time), given)
        failure = self.unbalanced(new)
        if made.why >= 0:
            failure = self.underflow(made.why, tissue, time)
        if failure is not None:
            self.passed = list(takewhile(lambda state: self.unbalanced(state) is None, passed))
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

    @property
    def crossing_species(self) -> Array:
        """The species of each crossing that counts tell of."""
        return self.plan.crossings.species

    @cached_property
    def room(self) -> Room:
        """Where steps are worked out."""
        return room(self.plan, self.method.m.size)
