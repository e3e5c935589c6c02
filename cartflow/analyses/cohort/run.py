"""Many members of one study: other numbers, one run each, in threads, as one dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.analyses.cohort.outcomes import Outcomes, coordinates, outcomes_of
from cartflow.analyses.cohort.table import Table, columns_of
from cartflow.core import arguments
from cartflow.core.dataset import label, variable, without_fill
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.paths import as_path
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import without_folders
from cartflow.study.study import Study

Row = Mapping[str, float]
Watch = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Member:
    """What a member came to, or why it came to nothing."""

    outcomes: Outcomes | None
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

    `table` maps numbers of the study (`kinetics.killing_rate`, `doses.0.cells`, `geometry.radius`;
    `StudyNumbers.with_geometry` has all) to columns: a dictionary, pandas frame or xarray dataset
    of numbers in internal units (mm, day, cell, ng) or texts with a unit. With `courses` totals at
    every saved time are kept, too. Members run in `threads` (default: all processors) and come to
    the same bits for any number of them, which are those of a single run. A member that fails
    has nan, and its reason in ``status``. `watch(n)` is called after the n-th member. Raises
    `InputError`, and `RunStopped` if no member finishes.
    """
    base = study if isinstance(study, Study) else Study.from_file(as_path(study, "run_cohort"))
    base.require_one_tumour()
    base.require_still("a cohort")
    numbers = StudyNumbers(study=base)
    known = numbers.with_geometry
    columns = columns_of(table, known)
    rows = [
        dict(zip(columns, map(float, row), strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
    count = arguments.threads(threads)
    members = _run(lambda row: _member(numbers, row, courses), rows, count, watch)
    if not any(member.outcomes for member in members):
        msg = f"run_cohort: no member finished; the first: {members[0].status}"
        raise RunStopped(msg)
    given = {
        name: variable(("member",), column, known[name].unit, name)
        for name, column in columns.items()
    }
    return _dataset(base, given, members)


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
        # The error in time is that of a single run, and not told of each member.
        simulation = numbers.varied(row).simulation.unchecked()
        if not courses:
            # Saved times change no number at the end, but where steps must end there.
            simulation = simulation.outright() if simulation.one_system else simulation
    except InputError as error:
        return _Member(outcomes=None, status=f"refused: {error}")
    record = simulation.run()
    if record.outcome.status != "finished":
        return _Member(outcomes=None, status=str(record.outcome))
    return _Member(outcomes=outcomes_of(record, simulation, courses), status="finished")


def _dataset(
    base: Study, given: Mapping[str, xr.Variable], members: Sequence[_Member]
) -> xr.Dataset:
    kept = [_variables(member) for member in members]
    first = next(variables for variables in kept if variables)
    data = dict(given)
    for name, like in first.items():
        nothing = np.full(like.shape, np.nan)
        values = np.array([each[name].values if each else nothing for each in kept])
        data[name] = xr.Variable(("member", *like.dims), values, like.attrs)
    data["status"] = label(("member",), [member.status for member in members], "how it ended")
    places = coordinates(base.simulation)
    used = {dim for values in data.values() for dim in values.dims}
    coords = {name: values for name, values in places.items() if name in used}
    coords["member"] = xr.Variable(("member",), np.arange(len(members)), {"long_name": "member"})
    attributes = {
        "title": f"{base.table.title}: a cohort of {len(members)}",
        "study": base.text,
        "settings": json.dumps(without_folders(base.settings), default=str),
        "step_tolerance": base.simulation.control.tolerance,
    }
    return without_fill(xr.Dataset(data, coords=coords, attrs=attributes))


def _variables(member: _Member) -> dict[str, xr.Variable]:
    return {} if member.outcomes is None else {**member.outcomes.ends, **member.outcomes.courses}
