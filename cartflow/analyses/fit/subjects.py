"""The subjects of a table, each with the run that is held against its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.parameters import Parameter
from cartflow.analyses.fit.problem import Subject
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How data are held against a source: what `cartflow.fit` and its command are told."""

    observables: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    scaled: Sequence[str] = ()
    shifted: Sequence[str] = ()
    each: Sequence[str] = ()
    dose_into: str | None = None
    priors: bool = False


def subjects_of(
    data: Measurements,
    source: Source,
    parameters: Sequence[Parameter],
    measured: Sequence[Measured],
    choices: Choices,
) -> tuple[list[Subject], list[Measured]]:
    """Return the subjects, and what was measured with the places of its subjects and times.

    Raises `InputError` naming the subject that cannot be run as the table says.
    """
    owners = np.array(data.subject, dtype=object)
    found: list[Subject] = []
    places = {name: k for k, name in enumerate(data.subjects)}
    for name in data.subjects:
        times, depths = moments(data.time[owners == name], data.depth[owners == name])
        own = source.dosed(data, name, choices.dose_into)
        takes = tuple(
            k for k, p in enumerate(parameters) if p.kind == "number" and p.subject in ("", name)
        )
        numbers = [
            Number(
                key=parameters[k].key,
                unit=parameters[k].unit,
                low=parameters[k].low,
                high=parameters[k].high,
            )
            for k in takes
        ]
        settings = settings_of(data, source, name)
        clash = [n.key for n in numbers if n.key in settings]
        if clash:
            msg = f"{data.source}: column '{clash[0]}' sets what --vary estimates"
            raise InputError(msg)
        try:
            runner = own.runner(settings, numbers, times, depths)
        except InputError as error:
            msg = f"{data.source}: subject '{name}': {error}"
            raise InputError(msg) from None
        found.append(
            Subject(
                name=name,
                runner=runner,
                times=times,
                depths=depths,
                takes=takes,
                settings=settings,
            )
        )
    placed = []
    for each in measured:
        subject = np.array([places[data.subject[k]] for k in each.entries])
        time = np.array(
            [
                _place(found[s], float(data.time[k]), float(data.depth[k]))
                for s, k in zip(subject, each.entries, strict=True)
            ]
        )
        placed.append(replace(each, subjects=subject, times=time))
    return found, placed


def moments(times: Array, depths: Array) -> tuple[Array, Array]:
    """Return times and depths, each pair once and in order; a depth may be nan, for none."""
    pairs = np.column_stack([times, np.where(np.isnan(depths), -1.0, depths)])
    found = np.unique(pairs, axis=0)
    return found[:, 0], np.where(found[:, 1] < 0, np.nan, found[:, 1])


def _place(subject: Subject, time: float, depth: float) -> int:
    """Return which of a subject's moments a value was measured at."""
    same = np.isnan(subject.depths) if np.isnan(depth) else subject.depths == depth
    return int(np.flatnonzero((subject.times == time) & same)[0])


def settings_of(data: Measurements, source: Source, subject: str) -> dict[str, Any]:
    """Return what further columns set for a subject: those that are called as what varies.

    So are files of profiles. A column ``dose`` is the first dose's amount. Others are kept, and
    set nothing.
    """
    keys = [*source.keys(), *source.texts]
    first = [key for key in keys if key in ("doses.0.amount", "doses.0.cells")]
    found: dict[str, Any] = {}
    for column, message in data.changing.items():
        if column == "dose" or column in keys:
            raise InputError(message)
    for column, values in data.extras.items():
        key = first[0] if column == "dose" and first else column
        if key in keys and subject in values:
            found[key] = values[subject]
    return found
