"""A run of body and tumour on a line as one system, from save time to save time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cartflow.coupled import Coupled, State
from cartflow.coupling.line.advance import ARRIVED, PAUSED, Control, Progress, advance
from cartflow.coupling.line.ends import Counts
from cartflow.coupling.line.plan import Plan, plan
from cartflow.coupling.line.room import room
from cartflow.coupling.line.tableaus import RODAS4, Tableau
from cartflow.ledger import Ledger
from cartflow.outcome import StepFailed
from cartflow.stepping import StepControl

Array = np.ndarray
Watch = Callable[[float, float], None]


class LineRun:
    """A coupled system on a line in progress: state, counts, and the next step.

    `state` is that of now; `advance_to` takes it to a time at which nothing jumps before, and
    raises `StepFailed` when a step underflows.
    """

    def __init__(
        self, coupled: Coupled, start: State, control: StepControl, method: Tableau = RODAS4
    ) -> None:
        self._coupled, self._method = coupled, method
        self._plan: Plan = plan(coupled)
        self._room = room(self._plan, method.m.size)
        self._control = Control(
            control.tolerance, control.minimum_step, control.maximum_step, growth=5.0
        )
        self._first_step = control.initial_step
        self._tissue = np.array(start.tumour, order="C")
        self._body = np.array(start.body.T, order="C")
        self._ledger = start.ledger
        self._counts = self._no_counts()
        self._most = np.zeros(len(self._tissue))
        self.progress = Progress(start.time, self._first_step, 1.0, 0, 0, 0.0, ARRIVED)

    @property
    def time(self) -> float:
        """The time that the run has come to, days."""
        return self.progress.time

    def state(self) -> State:
        """Return the state of now, with its ledger."""
        body = self._body.T.copy()
        network = self._coupled.network
        gathered = {}
        for name in ("lost", "handed_over"):
            gathered[name] = body[network.index(name)].copy()
            body[network.index(name)] = 0.0
        return State(
            time=self.time,
            body=body,
            tumour=self._tissue.copy(),
            ledger=self._counted(gathered["lost"], gathered["handed_over"]),
        )

    def give(self, tumour: Array, body: Array, infused: Array) -> None:
        """Add densities (products, cells) and cells (compartments, products) at once."""
        self._tissue[self._coupled.products] += tumour
        self._body += body.T
        self._ledger = replace(self._ledger, infused=self._ledger.infused + infused)
        self.restart()

    def restart(self) -> None:
        """Begin again with the first step, as after a jump."""
        self.progress = self.progress._replace(step=self._first_step, last=1.0)

    def advance_to(self, end: float, body: Array, tumour: Array) -> None:
        """Advance to `end` (days) under a constant supply, or pause before it to look about.

        `body` (compartments, products) is in cells/day, `tumour` (products, cells) in
        cells/mm3/day.
        """
        before = self.time
        self.progress = advance(
            self._plan,
            self._method,
            self._control,
            self.progress,
            end,
            self._tissue,
            self._body,
            np.ascontiguousarray(body.T),
            np.ascontiguousarray(tumour),
            self._floor(),
            self._counts,
            self._room,
        )
        infused = body.sum(axis=0) + tumour @ self._plan.mesh.volumes
        gained = infused * (self.time - before)
        self._ledger = replace(self._ledger, infused=self._ledger.infused + gained)
        if self.progress.why not in (ARRIVED, PAUSED):
            raise self._underflow()

    def _floor(self) -> Array:
        """Return the amounts below which errors do not count.

        1e-8 of all cells infused, and 1e-6 of the most that there has been of another field.
        """
        self._most = np.maximum(self._most, (self._tissue * self._plan.mesh.held).sum(axis=1))
        floor = 1e-6 * self._most + 1e-12
        floor[self._coupled.products] = 1e-8 * float(self._ledger.infused.sum()) + 1e-12
        return floor

    def _no_counts(self) -> Counts:
        reactions = self._plan.kinetics.stoichiometry.shape[1]
        return Counts(
            forwards=np.zeros(reactions),
            reverse=np.zeros(reactions),
            egress=np.zeros(self._plan.body.products.size),
            crossed=np.zeros((self._plan.crossings.species.size, 2)),
        )

    def _counted(self, lost: Array, handed_over: Array) -> Ledger:
        """Return the ledger, with what has been counted since the start."""
        network, products = self._coupled.engine.problem.network, self._coupled.products
        forwards, reverse = self._counts.forwards, self._counts.reverse
        into, out = np.zeros((2, len(network.species)))
        for species, (gained, left) in zip(
            self._plan.crossings.species, self._counts.crossed, strict=True
        ):
            into[species] += gained
            out[species] += left
        born = network.born @ forwards + network.died @ reverse
        died = network.died @ forwards + network.born @ reverse + out
        converted = network.converted @ (forwards - reverse)
        return Ledger(
            infused=self._ledger.infused + into[products],
            born=born[products],
            died=died[products] + lost,
            converted=converted[products],
            inflow=handed_over,
            egress=self._counts.egress.copy(),
        )

    def _underflow(self) -> StepFailed:
        fields = self._coupled.engine.problem.fields
        which = self.progress.why
        name = fields[which].name if which < len(fields) else "organs"
        least = self._control.minimum
        reason = f"the step fell below {least:g} day (it changes too fast)"
        return StepFailed(name, reason, self.time)
