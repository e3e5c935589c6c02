"""Body and a tumour that grows, advanced together from event to event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl
from cartflow.coupling.growing import tableau
from cartflow.coupling.growing.arrays import Arrays
from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.growing.ending import Judged, judge, landing
from cartflow.coupling.growing.rates import Point
from cartflow.coupling.growing.step import Counts as StepCounts
from cartflow.coupling.growing.step import From
from cartflow.coupling.line.accounts import AsOneSystem
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.stepper import Going
from cartflow.coupling.state import State
from cartflow.pde.blame import fastest_growing

Array = np.ndarray
_LEAST = 1e-6  # of the volume at the start: less is no tumour
_PAUSE = 64  # steps between looks at signals


class GrowingStepper(AsOneSystem):
    """Steps a system whose tumour grows while its parameters and infusions stay as they are."""

    coupled: GrowingCoupled

    def __init__(self, coupled: GrowingCoupled, control: StepControl) -> None:
        super().__init__(coupled, control.minimum_step)
        self.control = control
        self.passed: list[State] = []

    @cached_property
    def arrays(self) -> Arrays:
        """The system's arrays."""
        return self.coupled.arrays

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

        It also returns early after many steps, so that signals can be looked at. Steps end at
        those `times` before the end that they pass, whose states are left in `passed`. Amounts
        below `floor` do not count as errors. Raises `StepFailed` naming the field.
        """
        self.passed, state = [], old
        stops = [time for time in times if time > old.time]
        supply, given, wanted = self.beginning(old.time, least)
        for _ in range(_PAUSE):
            stop = min([*stops, end])
            state, going, fallen = self._one(state, going, stop, floor, wanted, supply.T, given)
            if fallen or state.time >= end:
                break
            if stops and state.time >= stops[0]:
                self.passed.append(state)
                stops.pop(0)
        return state, going

    def _one(
        self,
        old: State,
        going: Going,
        stop: float,
        floor: Array,
        least: Array,
        supply: Array,
        given: Array,
    ) -> tuple[State, Going, bool]:
        """Return the state after one accepted step, and whether a species fell below its least."""
        point = Point(start=old.tumour, expansion=old.expansion, body=old.body)
        self._require_room(old)
        begun, left = From(self.arrays, point, supply), stop - old.time
        step, refused = going.step, going.refused
        while True:
            days = left if step >= left * (1.0 - 1e-9) else min(step, max(0.5 * left, 1e-300))
            made = judge(self.arrays, begun.step(days), self.control, floor)
            if made.error > 1.0:
                refused += 1
                step = days * made.shorter
                if step < self.control.minimum_step:
                    raise self._underflow(made, old)
                continue
            share, fallen = landing(self.arrays, point, made.point, least)
            if share < 1.0 and days > 1e-10:
                step = max(days * share, 0.99e-10)
                continue
            break
        scaled = max(made.error, 1e-6)
        step = self.control.after(days, step, scaled, going.last, tableau.ORDER)
        assert made.counts is not None
        new = self._state(old, made, given * days)
        new = replace(new, time=stop if days == left else old.time + days)
        error = going.error_sum + made.error * self.control.tolerance
        return new, Going(step, scaled, going.taken + 1, refused, error), fallen

    def _state(self, old: State, made: Judged, infused: Array) -> State:
        """Return the state after a step, with what happened in it."""
        assert made.counts is not None
        body = made.point.body.copy()
        [ledger] = self.counted(old.ledger, self._counts(made.counts), body.T[None], infused[None])
        point = made.point
        return replace(old, tumour=point.start, expansion=point.expansion, body=body, ledger=ledger)

    def _counts(self, counts: StepCounts) -> Counts:
        """Return what a step counted, of one time; through a boundary one of both ways is none."""
        crossings, places = self.arrays.crossings, len(self.coupled.engine.problem.places)
        net = counts.entered - counts.out
        came = np.where(crossings.apart, counts.entered, np.maximum(net, 0.0))
        went = np.where(crossings.apart, counts.out, np.maximum(-net, 0.0))
        totals = (
            np.maximum(counts.events, 0.0).sum(axis=1),
            np.maximum(-counts.events, 0.0).sum(axis=1),
            counts.left,
            np.bincount(crossings.place, came, places),
            np.bincount(crossings.place, went, places),
        )
        return Counts(*(each[None] for each in totals))

    @property
    def crossing_species(self) -> Array:
        """The species of each place at which something crosses."""
        found = np.zeros(len(self.coupled.engine.problem.places), dtype=np.int64)
        found[self.arrays.crossings.place] = self.arrays.crossings.species
        return found

    def _require_room(self, state: State) -> None:
        """Raise `StepFailed` where nothing is left of the volume, or the host cannot feed it."""
        if state.expansion < _LEAST:
            text = f"its volume fell below {_LEAST:g} of that at the start: nothing is left of it"
            raise StepFailed("tumour", text, state.time)
        rates = self.arrays.body + (state.expansion - 1.0) * self.arrays.vessels
        if (rates - np.diag(np.diag(rates))).min(initial=0.0) < -1e-9 * np.abs(rates).max():
            text = f"it grew to {state.expansion:.4g} times its volume, more than its host can feed"
            raise StepFailed("tumour", text, state.time)

    def _underflow(self, made: Judged, old: State) -> StepFailed:
        problem, which = self.coupled.engine.problem, made.which
        if not np.isfinite(made.error):
            which = fastest_growing(problem.network, self.coupled.densities(old), which)
        names = [item.name for item in problem.fields]
        least = self.control.minimum_step
        text = f"the step fell below {least:g} day (it changes too fast)"
        return StepFailed((*names, "volume", "organs")[which], text, old.time)
