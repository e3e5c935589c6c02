"""A study run over axes, samples or a table of its numbers, as one dataset."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from cartflow.analyses.sweep.axes import Axis, Over, read_over
from cartflow.analyses.sweep.choices import Interval, choice
from cartflow.analyses.sweep.dataset import sweep_dataset
from cartflow.analyses.sweep.draws import drawn
from cartflow.analyses.sweep.identity import identity
from cartflow.analyses.sweep.journal import Journal, beside
from cartflow.analyses.sweep.layout import Layout, layout
from cartflow.analyses.sweep.members import FINISHED, Member, Runner
from cartflow.analyses.sweep.outcomes import at_the_start
from cartflow.analyses.sweep.plan import Plan, planned
from cartflow.analyses.sweep.table import read_table
from cartflow.analyses.sweep.workers import ended
from cartflow.core import arguments
from cartflow.core.dataset import netcdf
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.paths import as_path
from cartflow.core.saving.destination import Destination
from cartflow.core.units import to_internal
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

_MOST_WORKERS = 256
_SECONDS = 86_400.0
Watch = Callable[[int, int], None]


def sweep(
    study: Study | str | Path,
    over: Over | None = None,
    *,
    bodies: Sequence[str] = (),
    trafficking: Sequence[str] = (),
    table: Any = None,
    sample: int | None = None,
    sampling: str = "sobol",
    seed: int = 1,
    outcomes: Sequence[str] | None = None,
    courses: Sequence[str] = (),
    workers: int | None = None,
    limit: str | float | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    force: bool = False,
    watch: Watch | None = None,
) -> xr.Dataset:
    """Run a study for every product of the values in `over`; return one dataset.

    `over` has lists of values by key, texts as after ``--over`` (``"log:1:16:5 um^2/min"``), and
    tables of settings by label. Along ``member`` come the rows of `table` (a CSV file or columns
    by key), or `sample` draws from ranges (``"0.5..2 1/day"``; those that numbers carry where none
    is given) as ``sobol`` points or a ``latin`` hypercube. `outcomes` and `courses` are chosen by
    name. `limit` is a time for each member. With `out` the dataset is written there, members that
    have ended are kept in a journal beside it, and the same call goes on from it. `watch(ended,
    failed)` is called often. A member that fails has nan, and its reason in ``status``. The answer
    is the same to the bit for any number of `workers`. Raises `InputError`, and `RunStopped` if
    no member finishes.
    """
    asked = Asked(
        over=over,
        bodies=bodies,
        trafficking=trafficking,
        table=table,
        sample=sample,
        sampling=sampling,
        seed=seed,
        outcomes=outcomes,
        courses=courses,
    )
    own = study if isinstance(study, Study) else Study.from_file(as_path(study, "sweep"))
    own = own.with_settings(settings) if settings else own
    task = prepared(own, asked, workers=workers, limit=limit)
    if out is None:
        return task.run(watch)
    place = Destination(path=as_path(out, "out"), force=force)
    with task.journal(place.path, anew=force) as journal:
        dataset = task.run(watch, journal)
        place.save(netcdf(xr.DataTree(dataset)))
        journal.remove()
    return dataset


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user asks to vary and to keep; see `sweep`."""

    over: Over | None = None
    bodies: Sequence[str] = ()
    trafficking: Sequence[str] = ()
    table: Any = None
    sample: int | None = None
    sampling: str = "sobol"
    seed: int = 1
    outcomes: Sequence[str] | None = None
    courses: Sequence[str] = ()


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
        if failed_all(members):
            if journal is not None:
                journal.remove()
            msg = f"sweep: no member finished; the first: {members[0].status}"
            raise RunStopped(msg)


def failed_all(members: Mapping[int, Member]) -> bool:
    """Return whether no member finished."""
    return all(member.status != FINISHED for member in members.values())


def _tell(watch: Watch | None, done: int, failed: int) -> None:
    if watch is not None:
        watch(done, failed)


def prepared(
    study: Study, asked: Asked, *, workers: int | None = None, limit: str | float | None = None
) -> Task:
    """Return the sweep that is `asked` of a study, checked. Raises `InputError`."""
    given = read_over(asked.over)
    axes = [*_named_axes(asked), *(each for each in given if isinstance(each, Axis))]
    ranges = [each for each in given if isinstance(each, Interval)]
    members, attributes = _members(study, asked, ranges)
    _ = study.prepared
    start = at_the_start(study.prepared)
    plan = planned(study, axes, members, {*start.variables})
    most = min(_processors(), _MOST_WORKERS)
    count = most if workers is None else arguments.whole_number(workers, "--workers", 1, 256)
    return Task(
        plan=plan,
        layout=layout(plan, asked.outcomes, asked.courses),
        workers=count,
        limit=_seconds(limit),
        attributes=attributes,
    )


def _named_axes(asked: Asked) -> list[Axis]:
    """Return the axes of bodies and trafficking models."""
    found = []
    for key, names, what in (
        ("body.name", asked.bodies, "--bodies"),
        ("trafficking.name", asked.trafficking, "--trafficking"),
    ):
        if listed := arguments.names(names, what):
            if len(set(listed)) < len(listed):
                msg = f"{what}: '{','.join(listed)}' must be different names"
                raise InputError(msg)
            found.append(Axis(name="", choices=(choice(key, listed, what),)))
    return found


def _members(
    study: Study, asked: Asked, ranges: Sequence[Interval]
) -> tuple[Axis | None, dict[str, str | int]]:
    """Return the members of a table or of draws, if there are any, and what is said of them."""
    if asked.sample is None:
        if ranges:
            key = ranges[0].key
            msg = f"--over {key}: a range needs --sample N; or give values, {key}=1,2,4"
            raise InputError(msg)
        return (None if asked.table is None else read_table(asked.table)), {}
    if asked.table is not None:
        raise InputError("sweep: give either --table or --sample, not both")
    numbers = StudyNumbers(study=study).with_geometry
    members = drawn(ranges, numbers, asked.sample, asked.sampling, asked.seed)
    return members, {"sampling": asked.sampling, "seed": asked.seed, "samples": asked.sample}


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _seconds(limit: str | float | None) -> float | None:
    """Return a time limit in seconds, which a plain number is. Raises `InputError`."""
    if limit is None:
        return None
    text = f"{limit} s" if isinstance(limit, (int, float)) else arguments.text(limit, "--limit")
    try:
        found = to_internal(text if any(c.isalpha() for c in text) else f"{text} s", "s") * _SECONDS
    except InputError as error:
        msg = f"--limit: {error}"
        raise InputError(msg) from None
    if not found > 0:
        msg = f"--limit: '{limit}' must be above 0"
        raise InputError(msg)
    return round(found, 9)
