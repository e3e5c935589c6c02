"""A body without a solid tumour: its run, with kinetics in its organs or without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.coupling.body_run import BodyRun
from cartflow.coupling.body_system import BodySystem
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.under_way import Keep, Watch


@dataclass(frozen=True, kw_only=True, eq=False)
class BodyAlone(BodySystem):
    """A body ready to run; `programme` says which bodies take over later."""

    programme: Programme[BodyAlone] | None = None

    def unchecked(self) -> BodyAlone:
        """Return itself: it has no companion run."""
        return self

    # A number too large for a run stops it, with the field named.
    @np.errstate(all="ignore")
    def run(
        self, watch: Watch | None = None, keep: Keep | None = None, since: Record | None = None
    ) -> Record:
        """Run to the last save time; see `Simulation.run`."""
        return BodyRun(self, self.programme).to_the_end(self.save_times, watch, keep, since)
