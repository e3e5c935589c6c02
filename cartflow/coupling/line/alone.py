"""A tumour by itself on a line, as one system of equations whose steps pass the times asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl
from cartflow.core.tableaus import RODAS4
from cartflow.coupling.line.accounts import CLOSED, UNBALANCED, too_short
from cartflow.coupling.line.advance import GROWTH, Control, Progress, advance
from cartflow.coupling.line.counting import none_counted
from cartflow.coupling.line.plan import plan_alone
from cartflow.coupling.line.room import Room, room
from cartflow.coupling.line.saving import no_saves
from cartflow.pde.engine import Account, Engine
from cartflow.pde.extents import Extents
from cartflow.pde.fast.evolve import Evolution

Array = np.ndarray


def evolve_on_line(
    engine: Engine,
    state: Array,
    times: Sequence[float],
    control: StepControl,
    watch: Callable[[float, float], None] | None = None,
) -> Evolution:
    """Advance `state` (species, cells) of a problem `on_a_line` to each of the `times` (days).

    Raises `StepFailed` naming the field.
    """
    return _Alone(engine, state, times, control).run(watch)


class _Alone:
    def __init__(
        self, engine: Engine, state: Array, times: Sequence[float], control: StepControl
    ) -> None:
        self.engine, self.problem = engine, engine.problem
        self.times, self.start = np.array(times, dtype=float), float(times[0])
        self.plan, places = plan_alone(self.problem), len(self.problem.places)
        self.state = np.array(state, dtype=float, order="C")
        self.drained = np.zeros((self.plan.body.products.size, 1))
        self.first = self.most = self.problem.totals(self.state)
        self.counts = none_counted(self.plan, places)
        self.saves = no_saves(self.plan, places, self.times[1:-1] - self.start)
        self.control = Control(
            tolerance=control.tolerance,
            minimum=control.minimum_step,
            maximum=control.maximum_step,
            growth=GROWTH,
        )
        self.at = Progress(0.0, control.initial_step, 1.0, 0, 0, 0.0, 0, 0)

    def run(self, watch: Callable[[float, float], None] | None) -> Evolution:
        """Go to the last time."""
        end, before = float(self.times[-1]) - self.start, self.state.copy()
        rooms = room(self.plan, RODAS4.m.size)
        while self.at.time < end:
            since = self.at.time
            self._go_on(end, rooms)
            if watch is not None:
                watch(self.start + self.at.time, self.at.time - since)
        return Evolution(
            times=self.times,
            states=np.array([before, *self.saves.u[:-1], self.state]),
            account=self._account(),
            accepted_steps=self.at.taken,
            rejected_steps=self.at.refused,
            error_sum=self.at.error_sum,
        )

    def _go_on(self, end: float, rooms: Room) -> None:
        """Go to the `end` (days since the start), or so far that signals are looked at."""
        floor = 1e-8 * self.most + 1e-300
        went = advance(
            self.plan,
            RODAS4,
            self.control,
            self.at,
            end,
            self.state,
            self.drained,
            np.zeros_like(self.drained),
            floor,
            np.zeros_like(floor),
            self.counts,
            self.saves,
            rooms,
        )
        self.at = Progress(*went)
        time = self.start + self.at.time
        if self.at.why >= 0:
            raise too_short(self.engine, self.control.minimum, self.at.why, self.state, time)
        self.most = np.maximum(self.most, self.problem.totals(self.state))
        self._require_balance(time)

    def _require_balance(self, time: float) -> None:
        """Raise `StepFailed` if rates beyond what numbers resolve have made or lost cells."""
        account, products = self._account(), self.plan.body.products
        gained = account.born - account.died + account.converted + account.supplied
        expected = self.first + gained - account.left - account.egress
        gaps = np.abs(self.problem.totals(self.state) - expected)[products]
        came = self.first + account.born + account.supplied
        if gaps.size and float(gaps.max()) > CLOSED * (1.0 + float(came[products].sum())):
            name = self.problem.fields[products[int(np.argmax(gaps))]].name
            raise StepFailed(name, UNBALANCED, time)

    def _account(self) -> Account:
        """Return the account of the way so far."""
        egress = np.zeros(len(self.problem.fields))
        egress[self.plan.body.products] = self.counts.egress
        extents = Extents(
            forwards=self.counts.forwards,
            reverse=self.counts.reverse,
            crossing_species=tuple(self.plan.crossings.species.tolist()),
            came=self.counts.came,
            went=self.counts.went,
            egress=egress,
        )
        return extents.account(self.problem.network)
