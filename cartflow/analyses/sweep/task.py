"""A sweep that can be run: from its plan to its dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from cartflow.analyses.sweep.dataset import sweep_dataset
from cartflow.analyses.sweep.identity import identity
from cartflow.analyses.sweep.journal import Journal, beside
from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.members import FINISHED, Member, Runner
from cartflow.analyses.sweep.plan import Plan
from cartflow.analyses.sweep.workers import ended
from cartflow.core.outcome import RunStopped

Watch = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A sweep that can be run: its plan, what is kept, how, and what its dataset says of it."""

    plan: Plan
    layout: Layout
    workers: int
    limit: float | None
    attributes: Mapping[str, str | int]

    def journal(self, out: Path, *, anew: bool) -> Journal:
        """Return the journal beside `out`; see `Journal`."""
        return Journal(
            beside(out), identity(self.plan, self.layout), self.layout, self.plan.count, anew=anew
        )

    def run(self, watch: Watch | None = None, journal: Journal | None = None) -> xr.Dataset:
        """Run the members that `journal` does not have; return the dataset of all."""
        members = {} if journal is None else dict(journal.ended)
        failed = sum(member.status != FINISHED for member in members.values())
        rest = [place for place in range(self.plan.count) if place not in members]
        runner = Runner(plan=self.plan, layout=self.layout, limit=self.limit)
        batches = ended(runner, rest, self.workers)
        try:
            _tell(watch, len(members), failed)
            for batch in batches:
                members |= {member.place: member for member in batch}
                failed += sum(member.status != FINISHED for member in batch)
                if journal is not None:
                    journal.add(batch)
                _tell(watch, len(members), failed)
        finally:
            batches.close()
            if journal is not None:
                journal.flush()
        self._require_some(members, journal)
        return sweep_dataset(self.plan, self.layout, members, self.attributes)

    def _require_some(self, members: Mapping[int, Member], journal: Journal | None) -> None:
        if all(member.status != FINISHED for member in members.values()):
            if journal is not None:
                journal.remove()
            msg = f"sweep: no member finished; the first: {members[0].status}"
            raise RunStopped(msg)


def _tell(watch: Watch | None, done: int, failed: int) -> None:
    if watch is not None:
        watch(done, failed)
