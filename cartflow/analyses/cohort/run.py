"""Many members of one study: other numbers, one run each, in threads, as one dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.analyses.cohort.kept import Kept, kept
from cartflow.analyses.cohort.table import Table, columns_of
from cartflow.core import arguments
from cartflow.core.dataset import label, variable, without_fill
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.paths import as_path
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.runs import Run
from cartflow.coupling.simulation import Simulation
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import without_folders
from cartflow.study.study import Study

Row = Mapping[str, float]
Watch = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Member:
    """What a member came to, or why it came to nothing."""

    kept: Kept | None
    status: str


def run_cohort(
    study: Study | str | Path,
    table: Table,
    *,
    courses: bool = False,
    threads: int | None = None,
    watch: Watch | None = None,
) -> xr.Dataset:
    """Run a study once for each row of `table`; return outcomes with the dimension ``member``.

    The study may have a tumour, one by itself, several, or a body alone; outcomes are those of
    `kept`, as in a sweep. `table` maps numbers of the study (`kinetics.killing_rate`,
    `doses.0.cells`, `geometry.radius`; `StudyNumbers.with_geometry` has all) to columns: a
    dictionary, pandas frame or xarray dataset of numbers in internal units (mm, day, cell, ng) or
    texts with a unit. With `courses` totals at every saved time are kept, too. Members run in
    `threads` (default: all processors) and come to the same bits for any number of them, which
    are those of a single run. A member that fails has nan, and its reason in ``status``.
    `watch(n)` is called after the n-th member. Raises `InputError`, and `RunStopped` if no member
    finishes.
    """
    base = study if isinstance(study, Study) else Study.from_file(as_path(study, "run_cohort"))
    base.require_still("a cohort")
    run = _checked(base)
    numbers = StudyNumbers(study=base)
    known = numbers.with_geometry
    columns = columns_of(table, known)
    rows = [
        dict(zip(columns, map(float, row), strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
    count = arguments.threads(threads)
    members = _run(lambda row: _member(numbers, row, courses), rows, count, watch)
    if not any(member.kept for member in members):
        msg = f"run_cohort: no member finished; the first: {members[0].status}"
        raise RunStopped(msg)
    given = {
        name: variable(("member",), column, known[name].unit, name)
        for name, column in columns.items()
    }
    return _dataset(base, _tolerance(run), given, members)


def _run(
    member: Callable[[Row], _Member], rows: Sequence[Row], threads: int, watch: Watch | None
) -> list[_Member]:
    members: list[_Member] = []
    with ThreadPoolExecutor(threads) as pool:
        try:
            # The first compiles, or reads from disk, what the others run.
            for batch in (rows[:1], rows[1:]):
                for done in pool.map(member, batch):
                    members.append(done)
                    if watch is not None:
                        watch(len(members))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return members


def _member(numbers: StudyNumbers, row: Row, courses: bool) -> _Member:
    try:
        run = _ready(_checked(numbers.varied(row)), courses)
    except InputError as error:
        return _Member(kept=None, status=f"refused: {error}")
    record = run.run()
    if record.outcome.status != "finished":
        return _Member(kept=None, status=str(record.outcome))
    return _Member(kept=kept(record, run, courses), status="finished")


def _checked(study: Study) -> Run:
    """Return what a study runs. Raises `InputError`, also where fields are cells."""
    run = study.prepared
    return study.simulation if isinstance(run, Simulation) else run


def _ready(run: Run, courses: bool) -> Run:
    """Return a member's run: the error in time is that of a single run, and not told of each."""
    if isinstance(run, Simulation) and run.one_system and not courses:
        # Saved times change no number at the end, but where steps must end there.
        return run.outright()
    return run.unchecked()


def _tolerance(run: Run) -> float:
    return run.tolerance if isinstance(run, BodyAlone) else run.control.tolerance


def _dataset(
    base: Study, tolerance: float, given: Mapping[str, xr.Variable], members: Sequence[_Member]
) -> xr.Dataset:
    first = next(member.kept for member in members if member.kept)
    data = dict(given)
    for name, like in first.variables.items():
        nothing = np.full(like.shape, np.nan)
        values = np.array([m.kept.variables[name].values if m.kept else nothing for m in members])
        data[name] = xr.Variable(("member", *like.dims), values, like.attrs)
    data["status"] = label(("member",), [member.status for member in members], "how it ended")
    used = {dim for values in data.values() for dim in values.dims}
    coords = {name: values for name, values in first.coordinates.items() if name in used}
    coords["member"] = xr.Variable(("member",), np.arange(len(members)), {"long_name": "member"})
    attributes = {
        "title": f"{base.table.title}: a cohort of {len(members)}",
        "study": base.text,
        "settings": json.dumps(without_folders(base.settings), default=str),
        "step_tolerance": tolerance,
    }
    return without_fill(xr.Dataset(data, coords=coords, attrs=attributes))
