"""The run of a body and several tumours: from save time to save time, and a coarser one beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Companion, Record
from cartflow.coupling.retraced import LITTLE, Unchecked, companion_in_turns
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.several.turns import OfTumours, TumoursRetraced
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.under_way import Keep, Shelve, Watch, at_the_end
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class TumoursSimulation:
    """A system of several tumours with their starts and the times to save; see `Simulation`.

    `initial` is that of all in one row (`Layout`). `programme` says which systems take over later.
    """

    tumours: Tumours
    initial: Array
    save_times: tuple[float, ...]
    control: StepControl = field(default_factory=StepControl)
    programme: Programme[Tumours] | None = None

    @cached_property
    def parts(self) -> Mapping[str, Simulation]:
        """Each tumour by name as of a run with it, to read its part of a record with."""
        starts = self.tumours.layout.parts(self.initial)
        return {
            name: Simulation(
                coupled=part, initial=start, save_times=self.save_times, control=self.control
            )
            for (name, part), start in zip(self.tumours.parts.items(), starts, strict=True)
        }

    def record_of(self, name: str, record: Record) -> Record:
        """Return what a record says of one tumour, and of the body."""
        layout = self.tumours.layout
        companion = record.companion
        if companion is not None:
            companion = companion.seen(lambda state: layout.of(name, state))
        states = [layout.of(name, state) for state in record.states]
        return replace(record, states=states, companion=companion, reached=None)

    # A number too large for a run stops it, with the field named.
    @np.errstate(all="ignore")
    def run(
        self,
        watch: Watch | None = None,
        keep: Keep | None = None,
        since: Record | None = None,
        shelve: Shelve | None = None,
    ) -> Record:
        """Run to the last save time; see `Simulation.run`."""
        run = OfTumours(*self._beginning())
        record = run.to_the_end(self.save_times, watch, keep, since, shelve)
        if record.outcome.status != "finished":
            return record
        try:
            return replace(record, companion=self._companion(run, watch))
        except Unchecked as reason:
            return replace(record, unchecked=str(reason))

    def _companion(self, run: OfTumours, watch: Watch | None) -> Companion:
        """Return how the `run` ends with longer steps. Raises `Unchecked` where none tells that."""
        if self.control.time_check is False:
            raise Unchecked("not asked for: solver.time_check")
        if self.control.fixed:
            raise Unchecked("steps are fixed")
        engines = self.tumours.engine.engines.values()
        fast = all(isinstance(engine, FastEngine) for engine in engines)
        if fast and run.loop.accepted * self.initial.size <= LITTLE:
            # It takes seconds, so that nobody needs to ask for it.
            run.control = replace(run.control, time_check=True)
        still = None if watch is None else at_the_end(watch, self.save_times[-1])
        return companion_in_turns(TumoursRetraced(*self._beginning()), run, still)

    def unchecked(self) -> TumoursSimulation:
        """Return it without the companion run that tells the error in time."""
        return replace(self, control=replace(self.control, time_check=False))

    def _beginning(
        self,
    ) -> tuple[Tumours, StepControl, Array, float, Programme[Tumours] | None]:
        return self.tumours, self.control, self.initial, self.save_times[0], self.programme
