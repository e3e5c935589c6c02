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
from cartflow.coupling.growing.step import Counts, From
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.line.stepper import Going
from cartflow.coupling.state import State
from cartflow.pde.blame import fastest_growing

Array = np.ndarray
_LEAST = 1e-6  # of the volume at the start: less is no tumour
_PAUSE = 64  # steps between looks at signals


class GrowingStepper:
    """Steps a system whose tumour grows while its parameters and infusions stay as they are."""

    def __init__(self, coupled: GrowingCoupled, control: StepControl) -> None:
        self.coupled = coupled
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
        wanted = np.zeros_like(floor) if least is None else np.where(np.isfinite(least), least, 0.0)
        supply, injected = self.coupled.dosing.infusion(old.time)
        given = self.coupled.dosing.counted(supply, injected)
        for _ in range(_PAUSE):
            stop = min([*stops, end])
            state, going, fallen = self._one(state, going, stop, floor, wanted, supply, given)
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
        new = self._state(old, made, days, given)
        new = replace(new, time=stop if days == left else old.time + days)
        error = going.error_sum + made.error * self.control.tolerance
        return new, Going(step, scaled, going.taken + 1, refused, error), fallen

    def _state(self, old: State, made: Judged, days: float, given: Array) -> State:
        assert made.counts is not None
        body = made.point.body.copy()
        ledger = self._counted(old.ledger, made.counts, body, given * days)
        return replace(
            old,
            tumour=made.point.start,
            expansion=made.point.expansion,
            body=body,
            ledger=ledger,
        )

    def _counted(self, old: Ledger, counts: Counts, body: Array, infused: Array) -> Ledger:
        """Return the ledger with what happened; takes what was gathered out of `body`."""
        coupled, new = self.coupled, old.copy()
        network, products = self.arrays.network, coupled.products
        forwards = np.maximum(counts.events, 0.0).sum(axis=1)
        reverse = np.maximum(-counts.events, 0.0).sum(axis=1)
        born, died = network.born[products], network.died[products]
        new.infused += infused
        new.born += coupled.of_all(born @ forwards + died @ reverse)
        new.died += coupled.of_all(died @ forwards + born @ reverse)
        new.converted += coupled.of_all(network.converted[products] @ (forwards - reverse))
        new.egress += coupled.of_all(counts.left)
        came, went = self._crossed(counts)
        of_species = self.arrays.crossings.species
        fields = len(coupled.engine.problem.fields)
        new.infused += coupled.of_all(np.bincount(of_species, came, fields)[products])
        new.died += coupled.of_all(np.bincount(of_species, went, fields)[products])
        places = len(coupled.engine.problem.places)
        new.came += np.bincount(self.arrays.crossings.place, came, places)
        new.went += np.bincount(self.arrays.crossings.place, went, places)
        for name, gathered in (("lost", new.died), ("handed_over", new.inflow)):
            place = coupled.network.index(name)
            gathered += body[place]
            if name == "handed_over":
                coupled.enter_handed_over(body[place], new.infused)
            body[place] = 0.0
        return new

    def _crossed(self, counts: Counts) -> tuple[Array, Array]:
        """Return what came in and went out at each entry, of a boundary only one of them."""
        apart = self.arrays.crossings.apart
        net = counts.entered - counts.out
        came = np.where(apart, counts.entered, np.maximum(net, 0.0))
        went = np.where(apart, counts.out, np.maximum(-net, 0.0))
        return came, went

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
