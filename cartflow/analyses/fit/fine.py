"""Subjects at many times, for curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.problem import Problem, Subject
from cartflow.analyses.fit.sources.source import Source

_POINTS = 121


def fine_subjects(problem: Problem, source: Source, dose_into: str | None) -> list[Subject]:
    """Return the subjects at even times from the start to a little after their last value."""
    found = []
    for subject in problem.subjects:
        last = float(subject.times[-1])
        times = np.union1d(np.linspace(0.0, last, _POINTS), subject.times)
        numbers = [
            Number(key=p.key, unit=p.unit, low=p.low, high=p.high)
            for p in (problem.parameters[k] for k in subject.takes)
        ]
        own = source.dosed(problem.measurements, subject.name, dose_into)
        runner = own.runner(subject.settings, numbers, times)
        found.append(replace(subject, runner=runner, times=times))
    return found
