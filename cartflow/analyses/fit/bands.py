"""Curves of what is predicted, with bands: where the mean lies, and where new values would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem, Subject
from cartflow.analyses.fit.small_samples import SmallSamples

Array = np.ndarray
_LEVEL, _Z = 0.9, 1.6448536269514722


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """An observable of a subject over time (days), in its unit: middle and 90 % bands.

    Of a profile the times are all the same, and it is over `depths` (mm), which else are nan.
    """

    subject: str
    observable: str
    times: Array
    depths: Array
    middle: Array
    low: Array
    high: Array
    new_low: Array
    new_high: Array


class Course(NamedTuple):
    """An observable of a subject over `times`, or at one time over `depths`, with its slopes."""

    measured: Measured
    subject: str
    times: Array
    depths: Array
    plain: Array
    moves: Array


def bands(
    problem: Problem,
    best: Found,
    curved: Curvature,
    sample: SmallSamples,
    curves: Sequence[Course],
) -> list[Band]:
    """Return the bands of every observable of every subject, over the times of their `courses`.

    The mean's are by the delta method, on the logarithm where errors are log-normal, and
    Student's where the size of errors is estimated.
    """
    return [_band(problem, best, each, curved.spread, sample) for each in curves]


def courses(problem: Problem, best: Found, fine: list[Subject]) -> Iterator[Course]:
    """Yield every observable of every subject over its times, with slopes on the inner scale.

    Those that are measured at depths are yielded for each of these times, over the depths.
    """
    values = problem.values(best.inner)
    stretch = problem.stretch(values)
    for place, subject in enumerate(fine):
        run = subject.runner.run(values[list(subject.takes)], True)
        for each in problem.measured:
            if np.any(each.subjects == place):
                plain, moves = problem.courses(each, subject, run, values, True)
                for here in pieces(problem, each, subject):
                    yield Course(
                        measured=each,
                        subject=subject.name,
                        times=subject.times[here],
                        depths=subject.depths[here],
                        plain=plain[here],
                        moves=moves[:, here] * stretch[:, None],
                    )


def pieces(problem: Problem, each: Measured, subject: Subject) -> list[Array]:
    """Return the moments of one curve each: all times, or all depths of each time with some."""
    deep = np.isfinite(subject.depths)
    if not np.isfinite(problem.measurements.depth[each.entries]).any():
        return [np.flatnonzero(~deep)]
    return [np.flatnonzero(deep & (subject.times == t)) for t in np.unique(subject.times[deep])]


def _band(
    problem: Problem, best: Found, course: Course, covariance: Array, sample: SmallSamples
) -> Band:
    each, plain, moves = course.measured, course.plain, course.moves
    scale, offset = best.at.linear[each.observable.name]
    middle, moves = scale * plain + offset, scale * moves
    wide = np.sqrt(np.maximum(np.einsum("pt,pq,qt->t", moves, covariance, moves), 0.0))
    numbers = each.numbers(problem.values(best.inner))
    mean, new = sample.mean_quantile(_LEVEL), sample.value_quantile(each, _LEVEL)
    sd = float(np.nanmean(each.data.sd)) if np.isfinite(each.data.sd).any() else 0.0
    if each.error.kind == "lognormal":
        safe = np.maximum(middle, 1e-300)
        low, high = middle * np.exp(-mean * wide / safe), middle * np.exp(mean * wide / safe)
        whole = np.hypot(new * numbers[0], mean * wide / safe)
        new_low, new_high = middle * np.exp(-whole), middle * np.exp(whole)
    else:
        low, high = middle - mean * wide, middle + mean * wide
        one, two = each.error.spread(middle, numbers, sd)
        new_low = middle - np.hypot((middle - one) * new / _Z, mean * wide)
        new_high = middle + np.hypot((two - middle) * new / _Z, mean * wide)
    return Band(
        subject=course.subject,
        observable=each.observable.name,
        times=course.times,
        depths=course.depths,
        middle=middle,
        low=low,
        high=high,
        new_low=new_low,
        new_high=new_high,
    )
