"""The run of a body and several tumours: from save time to save time, and a coarser one beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from cartflow.coupling.record import Record
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.simulation import BearerSimulation, Simulation


@dataclass(frozen=True, kw_only=True, eq=False)
class TumoursSimulation(BearerSimulation[Tumours]):
    """A system of several tumours; its `initial` is that of all in one row (`Layout`)."""

    tumours: Tumours

    @property
    def bearer(self) -> Tumours:
        """The body and its tumours."""
        return self.tumours

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
