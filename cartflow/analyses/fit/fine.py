"""Subjects at many times, and at many depths, for curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.problem import Problem, Subject
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.subjects import moments

Array = np.ndarray
_POINTS = 121


def fine_subjects(
    problem: Problem, source: Source, dose_into: str | None, until: float = 0.0
) -> list[Subject]:
    """Return the subjects at even times from the start to their last value, or `until` (days).

    Where values have a depth, each of their times has even depths between them, too.
    """
    found = []
    for subject in problem.subjects:
        last = max(float(subject.times[-1]), until)
        plain = np.union1d(np.linspace(0.0, last, _POINTS), subject.times)
        times, depths = moments(*_with_depths(subject, plain, last))
        numbers = [
            Number(key=p.key, unit=p.unit, low=p.low, high=p.high)
            for p in (problem.parameters[k] for k in subject.takes)
        ]
        own = source.dosed(problem.measurements, subject.name, dose_into)
        runner = own.runner(subject.settings, numbers, times, depths)
        found.append(replace(subject, runner=runner, times=times, depths=depths))
    return found


def _with_depths(subject: Subject, plain: Array, last: float) -> tuple[Array, Array]:
    """Return times without a depth, and those of values at many depths.

    So is the `last`, where that is beyond the values.
    """
    deep = np.isfinite(subject.depths)
    if not deep.any():
        return plain, np.full(len(plain), np.nan)
    measured = np.unique(subject.depths[deep])
    depths = np.union1d(np.linspace(measured[0], measured[-1], _POINTS), measured)
    beyond = [last] if last > subject.times[-1] else []
    at = np.union1d(subject.times[deep], beyond)
    times = np.concatenate([plain, np.repeat(at, len(depths))])
    return times, np.concatenate([np.full(len(plain), np.nan), np.tile(depths, len(at))])
