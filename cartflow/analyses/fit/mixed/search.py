"""The likeliest population: a quasi-Newton search by FOCEI, then Newton steps by quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cartflow.analyses.fit.mixed.marginal import Marginal, Population

Array = np.ndarray
Watch = Callable[[int, int], None]
_MOST, _MOST_NEWTON = 300, 12
_ENOUGH = 1e-6  # of -ln L that is still hoped for
_FAILED = 1e10
_POINTS_OF_CURVATURE = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Ended:
    """Where a search ended: the vector, the likelihood and its Hessian there, and how it went.

    The Hessian is nan where a number is at a bound.
    """

    vector: Array
    at: Marginal
    hessian: Array
    evaluations: int
    converged: bool

    @property
    def loss(self) -> float:
        """-ln L of all subjects."""
        return float(self.at.losses.sum())


def likeliest(population: Population, start: Array, watch: Watch | None = None) -> Ended:
    """Return the likeliest vector, sought from `start`."""
    first = replace(population, points=1)
    told = _Counted(watch)
    vector, converged = _sought(first, start, told)
    rough = replace(population, points=min(population.points, _POINTS_OF_CURVATURE))
    at = population.evaluate(vector)
    hessian = curvature(rough, vector, at, told)
    if population.points > 1:
        moved, at, converged = _newton(population, vector, at, hessian, told)
        away = moved - vector
        if float(away @ np.nan_to_num(hessian) @ away) > 0.1:
            hessian = curvature(rough, moved, at, told)
        vector = moved
    return Ended(vector=vector, at=at, hessian=hessian, evaluations=told.count, converged=converged)


class _Counted:
    """Counts evaluations, and tells of them."""

    def __init__(self, watch: Watch | None) -> None:
        self.count, self._watch = 0, watch

    def __call__(self) -> None:
        self.count += 1
        if self._watch is not None:
            self._watch(self.count, 0)


def _sought(population: Population, start: Array, told: _Counted) -> tuple[Array, bool]:
    """Return where L-BFGS-B ends, each direction scaled by the scores of the subjects."""
    from scipy.optimize import minimize

    low, high = population.layout.bounds
    scale = 1.0 / _scores(population.evaluate(start))

    def loss(scaled: Array) -> tuple[float, Array]:
        found = population.evaluate(np.clip(scaled * scale, low, high))
        told()
        total = float(found.losses.sum())
        if not np.isfinite(total):
            return _FAILED, np.zeros(len(scale))
        return total, found.slopes.sum(axis=0) * scale

    ends = list(zip(low / scale, high / scale, strict=True))
    options = {"maxiter": _MOST, "ftol": 1e-9, "gtol": 1e-3}
    ended = minimize(loss, start / scale, jac=True, method="L-BFGS-B", bounds=ends, options=options)
    return np.clip(ended.x * scale, low, high), bool(ended.success)


def _scores(at: Marginal) -> Array:
    return np.sqrt(np.maximum((at.slopes**2).sum(axis=0), 1e-2))


def _newton(
    population: Population, vector: Array, at: Marginal, hessian: Array, told: _Counted
) -> tuple[Array, Marginal, bool]:
    """Return where steps with one Hessian end, and whether nothing more is hoped for."""
    low, high = population.layout.bounds
    for _ in range(_MOST_NEWTON):
        gradient = at.slopes.sum(axis=0)
        free = np.isfinite(np.diag(hessian))
        step = np.zeros(len(vector))
        step[free] = -np.linalg.solve(_bowl(hessian[np.ix_(free, free)]), gradient[free])
        if -0.5 * float(gradient @ step) < _ENOUGH:
            return vector, at, True
        for part in (1.0, 0.5, 0.1, 0.01):
            tried = np.clip(vector + part * step, low, high)
            there = population.evaluate(tried)
            told()
            if there.losses.sum() < at.losses.sum():
                break
        else:
            return vector, at, False
        vector, at = tried, there
    return vector, at, False


def _bowl(hessian: Array) -> Array:
    """Return a Hessian whose curvature is positive in every direction."""
    size = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    values, vectors = np.linalg.eigh(hessian / np.outer(size, size))
    values = np.maximum(np.abs(values), 1e-6)
    return (vectors * values) @ vectors.T * np.outer(size, size)


def curvature(population: Population, vector: Array, at: Marginal, told: _Counted) -> Array:
    """Return the Hessian of -ln L by differences of its slopes; nan where at a bound."""
    low, high = population.layout.bounds
    found = np.full((len(vector),) * 2, np.nan)
    tight = 1e-6 * (high - low)
    free = (vector > low + tight) & (vector < high - tight)
    scores = _scores(at)
    for k in np.flatnonzero(free):
        step = min(0.05 / scores[k], vector[k] - low[k], high[k] - vector[k])
        moved = []
        for way in (1.0, -1.0):
            tried = vector.copy()
            tried[k] += way * step
            moved.append(population.evaluate(tried).slopes.sum(axis=0))
            told()
        found[k] = (moved[0] - moved[1]) / (2.0 * step)
    found = 0.5 * (found + found.T)
    found[~free], found[:, ~free] = np.nan, np.nan
    return found
