"""A sweep that can be run: from its plan to its dataset."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from cartflow.analyses.sweep.cluster.ended import ended_on
from cartflow.analyses.sweep.cluster.place import LOCAL, THREADS, Place, opened
from cartflow.analyses.sweep.dataset import sweep_dataset
from cartflow.analyses.sweep.gathered import Gathered
from cartflow.analyses.sweep.identity import identity
from cartflow.analyses.sweep.journal import Journal, beside
from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.members import Member, Runner
from cartflow.analyses.sweep.plan import Plan
from cartflow.analyses.sweep.whole import Results
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
    place: Place
    results: Results | None = None

    def journal(self, out: Path, *, anew: bool) -> Journal:
        """Return the journal beside `out`; see `Journal`. Raises `InputError`."""
        path, known = beside(out), identity(self.plan, self.layout)
        if self.results is not None:
            self.results.require_free(own=anew or path.exists())
            known |= {"results": str(self.results.folder)}
        return Journal(path, known, self.layout, self.plan.count, anew=anew)

    def run(self, watch: Watch | None = None, journal: Journal | None = None) -> xr.Dataset:
        """Run the members that `journal` does not have; return the dataset of all."""
        found = Gathered(self.layout, self.plan.count) if journal is None else journal.ended
        batches = self._batches(found.rest)
        try:
            _tell(watch, found)
            for batch in batches:
                found.add(batch)
                if journal is not None:
                    journal.add(batch)
                _tell(watch, found)
        finally:
            batches.close()
            if journal is not None:
                journal.flush()
        self._require_some(found, journal)
        return sweep_dataset(self.plan, self.layout, found, self.attributes, self.results)

    def in_words(self) -> str:
        """Return by whom it is run."""
        if self.place not in (THREADS, LOCAL):
            return f"on the cluster {self.place.scheduler}"
        here = ", a cluster of this machine" if self.place == LOCAL else ""
        return f"{self.workers} workers{here}"

    def _batches(self, rest: Sequence[int]) -> Generator[list[Member], None, None]:
        runner = Runner(plan=self.plan, layout=self.layout, limit=self.limit, results=self.results)
        if self.place == THREADS:
            yield from ended(runner, rest, self.workers)
        elif rest:
            with opened(self.place, self.workers) as cluster:
                yield from ended_on(cluster, runner, rest)

    def _require_some(self, found: Gathered, journal: Journal | None) -> None:
        if found.failed == self.plan.count:
            if journal is not None:
                journal.remove()
            msg = f"sweep: no member finished; the first: {found.status[0]}"
            raise RunStopped(msg)


def _tell(watch: Watch | None, found: Gathered) -> None:
    if watch is not None:
        watch(found.ended, found.failed)
