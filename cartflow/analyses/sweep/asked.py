"""What a user asks of a sweep, checked and made into a task."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartflow.analyses.cohort.kept import COURSE, at_the_start
from cartflow.analyses.sweep.axes import Axis, Over, read_over
from cartflow.analyses.sweep.choices import Interval, choice
from cartflow.analyses.sweep.cluster.place import placed
from cartflow.analyses.sweep.draws import drawn
from cartflow.analyses.sweep.layout import layout
from cartflow.analyses.sweep.of_population import KIND, members_of_population, wanted_courses
from cartflow.analyses.sweep.plan import planned
from cartflow.analyses.sweep.table import read_table
from cartflow.analyses.sweep.task import Task
from cartflow.analyses.sweep.whole import results_in
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

_MOST_WORKERS = 256
_SECONDS = 86_400.0


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
    results: str | Path | None = None


def prepared(
    study: Study,
    asked: Asked,
    *,
    workers: int | None = None,
    limit: str | float | None = None,
    scheduler: str | None = None,
) -> Task:
    """Return the sweep that is `asked` of a study, checked. Raises `InputError`."""
    place = placed(scheduler)
    given = read_over(asked.over)
    axes = [*_named_axes(asked), *(each for each in given if isinstance(each, Axis))]
    ranges = [each for each in given if isinstance(each, Interval)]
    members, attributes = _members(study, asked, ranges)
    _ = study.prepared
    start = at_the_start(study.prepared)
    plan = planned(study, axes, members, {*start.variables})
    courses = asked.courses
    if not courses and attributes.get("members") == KIND:
        names = [n.removeprefix(COURSE) for n in start.variables if n.startswith(COURSE)]
        courses = wanted_courses(plan, names)
    if workers is None:
        workers = min(_processors(), _MOST_WORKERS)
    return Task(
        plan=plan,
        layout=layout(plan, asked.outcomes, courses),
        workers=arguments.whole_number(workers, "--workers", 1, _MOST_WORKERS),
        limit=_seconds(limit),
        attributes=attributes,
        place=place,
        results=results_in(asked.results, plan.count),
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
    """Return the members of a table, of draws or of the study's population, and what is said."""
    if asked.sample is None and asked.table is None and study.table.population is not None:
        if ranges:
            msg = f"--over {ranges[0].key}: a range beside [population]; give it there"
            raise InputError(msg)
        return members_of_population(study)
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
