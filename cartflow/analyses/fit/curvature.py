"""How sure estimates are: the curvature of the likelihood, and bands of what is predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.known import Known
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray
_STEP = 1e-4
_PART = 1e-3  # of an open direction that counts


@dataclass(frozen=True, kw_only=True, eq=False)
class Curvature:
    """The Hessian of the loss on the inner scale, and its inverse (nan where there is none).

    `spread` is the inverse of what is known alone, for what open directions do not change.
    """

    hessian: Array
    covariance: Array
    spread: Array
    free: Array


def curvature(problem: Problem, best: Found, what: Known) -> Curvature:
    """Return the curvature at the best values, by differences of exact gradients.

    What lies at a bound is left out: its rows are nan, and the others' as if it were given. So
    are those that change along an open direction.
    """
    low, high = problem.bounds
    count = len(best.inner)
    tight = 1e-6 * (high - low)
    free = (best.inner > low + tight) & (best.inner < high - tight)
    hessian = np.full((count, count), np.nan)
    for k in np.flatnonzero(free):
        curve = float(np.sqrt((best.at.rows[:, k] ** 2).sum()))
        step = min(_STEP * (high[k] - low[k]), 0.02 / max(curve, 1e-300))
        step = min(step, best.inner[k] - low[k], high[k] - best.inner[k])
        gradients = []
        for way in (1.0, -1.0):
            moved = best.inner.copy()
            moved[k] += way * step
            gradients.append(problem.evaluate(moved).gradient)
        hessian[k] = (gradients[0] - gradients[1]) / (2.0 * step)
    inside = np.ix_(free, free)
    hessian[inside] = 0.5 * (hessian[inside] + hessian[inside].T)
    hessian[~free], hessian[:, ~free] = np.nan, np.nan
    covariance, spread = np.full((count, count), np.nan), np.zeros((count, count))
    covariance[inside], spread[inside] = inverse(hessian[inside], what.open[:, free])
    return Curvature(hessian=hessian, covariance=covariance, spread=spread, free=free)


def across_open(hessian: Array, open_: Array) -> tuple[Array, Array, Array]:
    """Return sizes, a base of what is open on their scale, and the Hessian there without it."""
    size = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    base = np.linalg.qr((open_ * size).T)[0] if len(open_) else np.zeros((len(size), 0))
    across = np.eye(len(size)) - base @ base.T
    return size, base, across @ (hessian / np.outer(size, size)) @ across


def inverse(hessian: Array, open_: Array) -> tuple[Array, Array]:
    """Return the inverse with nan for what is not known, and that of what is known alone."""
    if not hessian.size:
        return hessian, hessian
    size, base, known_alone = across_open(hessian, open_)
    values, vectors = np.linalg.eigh(known_alone)
    order = np.argsort(np.abs(values))[base.shape[1] :]
    known = np.array([k for k in order if values[k] > 0], dtype=int)
    spread = (vectors[:, known] / values[known]) @ vectors[:, known].T / np.outer(size, size)
    # Where the likelihood is no bowl, there is no standard error.
    bowl = len(known) == len(order)
    lost = np.asarray((np.abs(base) > _PART).any(axis=1)) | (not bowl)
    covariance = spread.copy()
    covariance[lost], covariance[:, lost] = np.nan, np.nan
    return covariance, spread
