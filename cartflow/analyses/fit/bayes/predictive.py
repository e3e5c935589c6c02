"""What samples foretell: bands of courses and of new values, and what each value has of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cartflow.analyses.fit.bands import Band, pieces
from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.problem import Problem, Subject
from cartflow.analyses.fit.scatter import Data
from cartflow.core.outcome import StepFailed

Array = np.ndarray
_NEW = 20  # new values of each course


def pointwise(problem: Problem, chains: Chains, every: int) -> Array:
    """Return ln L of each value (chain, draw, datum), of each `every`-th draw."""
    thinned = chains.inner[:, ::every]
    found = np.empty((*thinned.shape[:2], problem.measurements.size))
    for place in np.ndindex(*thinned.shape[:2]):
        found[place] = of_each_value(problem, thinned[place])
    return found


def of_each_value(problem: Problem, inner: Array) -> Array:
    """Return ln L of each value (datum,) at inner values."""
    found = np.full(problem.measurements.size, np.nan)
    with np.errstate(all="ignore"):
        at, values = problem.evaluate(inner, slopes=False), problem.values(inner)
        for each in problem.measured:
            here = at.predicted[each.entries]
            found[each.entries] = -each.error.scatter(each.data, here, each.numbers(values)).loss
    return found


def predictive_bands(
    problem: Problem, fine: Sequence[Subject], chains: Chains, every: int, seed: int
) -> list[Band]:
    """Return the bands of every observable of every subject: 5th, 50th and 95th percentiles.

    Those of new values have 20 of each course, as its own error model has them scatter.
    """
    thinned = chains.inner[:, ::every].reshape(-1, chains.inner.shape[-1])
    random = np.random.default_rng([seed, 1])
    found = []
    for place, subject in enumerate(fine):
        seen = [
            (each, here)
            for each in problem.measured
            if np.any(each.subjects == place)
            for here in pieces(problem, each, subject)
        ]
        courses: list[list[Array]] = [[] for _ in seen]
        new: list[list[Array]] = [[] for _ in seen]
        for inner in thinned:
            values = problem.values(inner)
            try:
                run = subject.runner.run(values[list(subject.takes)], False)
            except StepFailed:
                continue
            for k, (each, here) in enumerate(seen):
                plain = problem.courses(each, subject, run, values, False)[0][here]
                courses[k].append(plain)
                new[k] += _new(each, plain, values, random)
        for (each, here), several, others in zip(seen, courses, new, strict=True):
            found.append(
                _band(subject, each.observable.name, here, np.array(several), np.array(others))
            )
    return found


def _new(each: Measured, plain: Array, values: Array, random: np.random.Generator) -> list[Array]:
    sd = float(np.nanmean(each.data.sd)) if np.isfinite(each.data.sd).any() else 0.0
    like = Data(plain, np.full(len(plain), sd), plain, np.zeros(len(plain), dtype=bool))
    each = replace(each, data=like)
    numbers = each.numbers(values)
    return [each.error.draw(like, plain, numbers, random) for _ in range(_NEW)]


def _band(subject: Subject, name: str, here: Array, courses: Array, new: Array) -> Band:
    low, middle, high = np.nanpercentile(courses, [5.0, 50.0, 95.0], axis=0)
    new_low, new_high = np.nanpercentile(new, [5.0, 95.0], axis=0)
    return Band(
        subject=subject.name,
        observable=name,
        times=subject.times[here],
        depths=subject.depths[here],
        middle=middle,
        low=low,
        high=high,
        new_low=new_low,
        new_high=new_high,
    )
