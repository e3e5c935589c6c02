"""One subject's data at inner values of its own, and where its random effects most likely are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.problem import Evaluation, Problem
from cartflow.analyses.fit.scatter import Data
from cartflow.analyses.fit.sources.source import Courses, Runner

Array = np.ndarray
_MOST_STEPS = 100
_ENOUGH = 1e-12
_FURTHEST = 690.0  # of logarithms that are still numbers
_HUGE = 1e300


def individuals(problem: Problem) -> list[Problem]:
    """Return a problem for each subject, whose numbers have no bounds."""
    free = [
        replace(p, low=1.0 / _HUGE if p.logarithmic else -_HUGE, high=_HUGE)
        for p in problem.parameters
    ]
    owners = np.array(problem.measurements.subject, dtype=object)
    found = []
    for place, subject in enumerate(problem.subjects):
        mine = owners == subject.name
        where = np.cumsum(mine) - 1
        measured = [_own(each, place, where) for each in problem.measured]
        one = replace(
            problem,
            measurements=problem.measurements.taken(mine),
            subjects=[replace(subject, runner=_Remembering(subject.runner))],
            measured=[each for each in measured if len(each.entries)],
            parameters=free,
            priors=(),
        )
        found.append(one)
    return found


class _Remembering:
    """A runner that knows its last two runs: sizes of errors change without another one."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._last: list[tuple[bytes, bool, Courses]] = []

    def run(self, values: Array, slopes: bool) -> Courses:
        key = values.tobytes()
        for known, sloped, courses in self._last:
            if known == key and sloped >= slopes:
                return courses
        found = self._runner.run(values, slopes)
        self._last = [(key, slopes, found), *self._last[:1]]
        return found


def _own(each: Measured, place: int, where: Array) -> Measured:
    here = each.subjects == place
    return replace(
        each,
        entries=where[each.entries[here]],
        subjects=np.zeros(int(here.sum()), dtype=int),
        times=each.times[here],
        data=Data(*(values[here] for values in each.data)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Mode:
    """The likeliest random effects `eta`, the data's word there, and the root of the curvature.

    `loss` is ``-ln p(y | eta) + eta^T Omega^-1 eta / 2``; `curvature` its Hessian with the expected
    information in place of second derivatives, as FOCEI has it.
    """

    eta: Array
    at: Evaluation
    loss: float
    curvature: Array


def mode(one: Problem, typical: Array, places: Array, precision: Array, start: Array) -> Mode:
    """Return the mode of a subject's random effects, by damped scoring from `start`."""
    here = mode_at(one, typical, places, precision, start)
    if not np.isfinite(here.loss):
        here = mode_at(one, typical, places, precision, np.zeros(len(places)))
    damping = 0.0
    for _ in range(_MOST_STEPS):
        if not np.isfinite(here.loss):
            break
        gradient = here.at.gradient[places] + precision @ here.eta
        step = -np.linalg.solve(here.curvature, gradient)
        if -0.5 * float(gradient @ step) < _ENOUGH:
            break
        moved = False
        while damping < 1e8:
            damped = here.curvature + damping * np.diag(np.diag(here.curvature))
            tried = here.eta - np.linalg.solve(damped, gradient)
            there = mode_at(one, typical, places, precision, tried)
            if there.loss < here.loss:
                here, damping, moved = there, (0.1 * damping if damping > 1e-3 else 0.0), True
                break
            damping = max(4.0 * damping, 1e-2)
        if not moved:
            break
    return here


def mode_at(one: Problem, typical: Array, places: Array, precision: Array, eta: Array) -> Mode:
    """Return what a subject's data say of random effects."""
    found = one.evaluate(with_effects(typical, places, eta))
    rows = found.rows[:, places]
    return Mode(
        eta=eta,
        at=found,
        loss=found.loss + 0.5 * float(eta @ precision @ eta),
        curvature=rows.T @ rows + precision,
    )


def with_effects(typical: Array, places: Array, eta: Array) -> Array:
    """Return inner values with random effects added."""
    inner = typical.copy()
    inner[places] += eta
    return np.clip(inner, -_FURTHEST, _FURTHEST)
