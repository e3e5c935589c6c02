"""Curves of what is predicted, with bands: where the mean lies, and where new values would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem, Subject

Array = np.ndarray
_Z = 1.6448536269514722


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """An observable of a subject over time (days), in its unit: middle and 90 % bands."""

    subject: str
    observable: str
    times: Array
    middle: Array
    low: Array
    high: Array
    new_low: Array
    new_high: Array


Course = tuple[Measured, Subject, Array, Array]


def bands(problem: Problem, best: Found, curved: Curvature, curves: Sequence[Course]) -> list[Band]:
    """Return the bands of every observable of every subject, over the times of their `courses`.

    The mean's are by the delta method, on the logarithm where errors are log-normal.
    """
    covariance = curved.spread
    return [
        _band(problem, best, each, subject, plain, moves, covariance)
        for each, subject, plain, moves in curves
    ]


def courses(problem: Problem, best: Found, fine: list[Subject]) -> Iterator[Course]:
    """Yield every observable of every subject over its times, with slopes on the inner scale."""
    values = problem.values(best.inner)
    stretch = problem.stretch(values)
    for place, subject in enumerate(fine):
        run = subject.runner.run(values[list(subject.takes)], True)
        for each in problem.measured:
            if np.any(each.subjects == place):
                plain, moves = problem.courses(each, subject, run, values, True)
                yield each, subject, plain, moves * stretch[:, None]


def _band(
    problem: Problem,
    best: Found,
    each: Measured,
    subject: Subject,
    plain: Array,
    moves: Array,
    covariance: Array,
) -> Band:
    scale, offset = best.at.linear[each.observable.name]
    middle, moves = scale * plain + offset, scale * moves
    wide = np.sqrt(np.maximum(np.einsum("pt,pq,qt->t", moves, covariance, moves), 0.0))
    numbers = each.numbers(problem.values(best.inner))
    sd = float(np.nanmean(each.data.sd)) if np.isfinite(each.data.sd).any() else 0.0
    if each.error.kind == "lognormal":
        safe = np.maximum(middle, 1e-300)
        low, high = middle * np.exp(-_Z * wide / safe), middle * np.exp(_Z * wide / safe)
        whole = np.hypot(numbers[0], wide / safe)
        new_low, new_high = middle * np.exp(-_Z * whole), middle * np.exp(_Z * whole)
    else:
        low, high = middle - _Z * wide, middle + _Z * wide
        one, two = each.error.spread(middle, numbers, sd)
        new_low = middle - np.hypot(middle - one, _Z * wide)
        new_high = middle + np.hypot(two - middle, _Z * wide)
    return Band(
        subject=subject.name,
        observable=each.observable.name,
        times=subject.times,
        middle=middle,
        low=low,
        high=high,
        new_low=new_low,
        new_high=new_high,
    )
