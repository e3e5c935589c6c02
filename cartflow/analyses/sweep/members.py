"""One member: built from its plan, run, and what it came to or why it came to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.cohort.kept import COURSE, Kept, kept
from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.plan import Plan
from cartflow.analyses.sweep.whole import Results
from cartflow.core.outcome import InputError, StepFailed
from cartflow.coupling.record import Record
from cartflow.coupling.runs import Run
from cartflow.coupling.simulation import Simulation
from cartflow.results.only_counted import counting, worth_counting
from cartflow.study.study import Study

Array = np.ndarray
FINISHED = "finished"


def too_long(limit: float) -> str:
    """Return the reason of a member that took longer than `limit` seconds."""
    return f"took longer than the limit of {limit:g} s"


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """The member's place among all, how it ended, and its values by name if it finished."""

    place: int
    status: str
    values: Mapping[str, Array]


@dataclass(frozen=True, kw_only=True, eq=False)
class Runner:
    """Runs members of a `plan`, and keeps of each what `layout` holds.

    `limit` (seconds) is looked at between steps; `asked` says whether to stop. Where there are
    `results`, each member's whole result becomes a file.
    """

    plan: Plan
    layout: Layout
    limit: float | None = None
    results: Results | None = None

    def run(self, place: int, asked: Callable[[], bool] = lambda: False) -> Member:
        """Return what a member came to, to the same bits wherever and whenever it runs.

        Raises `KeyboardInterrupt` where it was asked to stop.
        """
        return self.run_with(place, self.plan.assigned(place), asked)

    def run_with(
        self, place: int, assigned: dict[str, Any], asked: Callable[[], bool] = lambda: False
    ) -> Member:
        """Return what the member came to that has what is `assigned`; see `Plan.assigned`.

        Raises `InputError` where its whole result is wanted and cannot be written.
        """
        if self.results is not None:
            self.results.clear(place)
        try:
            study = self.plan.varied(assigned)
            run, record = self._ran(study, asked)
            member = self._member(place, run, record)
        except InputError as error:
            # Without the study's file, which may be called otherwise from another folder.
            reason = str(error).removeprefix(f"{self.plan.study.name}: ")
            return Member(place=place, status=f"refused: {reason}", values={})
        except MemoryError as error:
            reason = f"stopped: there is not enough memory ({error})"
            return Member(place=place, status=reason, values={})
        if self.results is not None:
            self.results.save(place, study.result_of(record))
        return member

    def sent(self) -> Runner:
        """Return it as it goes to other processes: without what was worked out, which is much."""
        return replace(self, plan=replace(self.plan, study=replace(self.plan.study)))

    def without_axes(self, folder: Path) -> Runner:
        """Return it as it goes to workers that are told what each member is assigned.

        `folder` is that of the study, as they find it.
        """
        return replace(
            self, plan=replace(self.plan, study=replace(self.plan.study, folder=folder), axes=())
        )

    def _ran(self, study: Study, asked: Callable[[], bool]) -> tuple[Run, Record]:
        # The error in time is that of a single run, and not told of each member.
        run = study.prepared.unchecked()
        watch = self._watch(asked)
        if isinstance(run, Simulation) and self.results is None and worth_counting(run):
            record = run.run(watch, shelve=counting(run))
        else:
            record = run.run(watch)
        if record.outcome.status == "interrupted":
            raise KeyboardInterrupt
        return run, record

    def _member(self, place: int, run: Run, record: Record) -> Member:
        if record.outcome.status != FINISHED:
            return Member(place=place, status=str(record.outcome), values={})
        found: Kept = kept(record, run, self._courses)
        return Member(place=place, status=FINISHED, values=self.layout.aligned(found))

    @property
    def _courses(self) -> bool:
        return any(name.startswith(COURSE) for name in self.layout.variables)

    def _watch(self, asked: Callable[[], bool]) -> Callable[[float, float], None]:
        # From the end of the first step on, in which a machine's first run compiles.
        begun: list[float] = []

        def watch(_time: float, _step: float) -> None:
            if asked():
                raise KeyboardInterrupt
            if self.limit is None:
                return
            now = time.monotonic()
            if not begun:
                begun.append(now)
            if now - begun[0] > self.limit:
                raise StepFailed("member", too_long(self.limit))

        return watch
