"""The likeliest population: quasi-Newton steps by FOCEI, then by quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cartflow.analyses.fit.mixed.marginal import Marginal, Population
from cartflow.core.outcome import RunStopped

Array = np.ndarray
Watch = Callable[[int, int], None]
_MOST = 200
_ENOUGH, _NEARLY = 1e-6, 1e-3  # of -ln L that is still hoped for
_FURTHEST = 1.0  # that a number moves in a step
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


def require_worked_out(losses: Array) -> None:
    """Raise `RunStopped` where a search came to no likelihood (-ln L of each subject)."""
    if not np.isfinite(losses.sum()):
        msg = "fit: the likelihood of the population could not be worked out from where it began"
        raise RunStopped(msg)


def likeliest(population: Population, start: Array, watch: Watch | None = None) -> Ended:
    """Return the likeliest vector, sought from `start`."""
    told = _Counted(watch)
    vector, at, converged = _roughly(population, start, told)
    rough = replace(population, points=min(population.points, _POINTS_OF_CURVATURE))
    if population.points > 1:
        at = population.evaluate(vector)
    hessian = curvature(rough, vector, at, told)
    if population.points > 1:
        moved, at, converged = _newton(population, vector, at, hessian, told)
        away = moved - vector
        if float(away @ np.nan_to_num(hessian) @ away) > 0.1:
            hessian = curvature(rough, moved, at, told)
        vector = moved
    return Ended(vector=vector, at=at, hessian=hessian, evaluations=told.count, converged=converged)


def roughly(population: Population, start: Array) -> tuple[Array, Marginal]:
    """Return the likeliest vector by FOCEI, and the likelihood there."""
    vector, at, _ = _roughly(population, start, _Counted(None))
    return vector, at


def _roughly(population: Population, start: Array, told: _Counted) -> tuple[Array, Marginal, bool]:
    first = replace(population, points=1)
    at = first.evaluate(start)
    return _newton(first, start, at, _first_guess(at), told)


class _Counted:
    """Counts evaluations, and tells of them."""

    def __init__(self, watch: Watch | None) -> None:
        self.count, self._watch = 0, watch

    def __call__(self) -> None:
        self.count += 1
        if self._watch is not None:
            self._watch(self.count, 0)


def _scores(at: Marginal) -> Array:
    return np.sqrt(np.maximum((at.slopes**2).sum(axis=0), 1e-2))


def _first_guess(at: Marginal) -> Array:
    """Return the curvature that the subjects' scores show (Berndt, Hall, Hall and Hausman)."""
    centred = at.slopes - at.slopes.mean(axis=0)
    return centred.T @ centred + np.diag(0.1 * _scores(at) ** 2)


def _newton(
    population: Population, vector: Array, at: Marginal, hessian: Array, told: _Counted
) -> tuple[Array, Marginal, bool]:
    """Return where quasi-Newton steps end, and whether nothing more is hoped for.

    The Hessian is updated from step to step (Broyden, Fletcher, Goldfarb and Shanno); its nan are
    of what stays at a bound.
    """
    low, high = population.layout.bounds
    held = ~np.isfinite(np.diag(hessian))
    bowl = _bowl(np.where(held[:, None] | held, np.diag(_scores(at) ** 2), hessian))
    for _ in range(_MOST):
        gradient = at.slopes.sum(axis=0)
        stuck = ((vector <= low) & (gradient > 0)) | ((vector >= high) & (gradient < 0)) | held
        free = np.flatnonzero(~stuck)
        step = np.zeros(len(vector))
        step[free] = -np.linalg.solve(bowl[np.ix_(free, free)], gradient[free])
        if -0.5 * float(gradient @ step) < _ENOUGH:
            return vector, at, True
        step *= min(1.0, _FURTHEST / max(float(np.abs(step).max()), 1e-300))
        for part in (1.0, 0.3, 0.1, 0.02, 0.002):
            tried = np.clip(vector + part * step, low, high)
            there = population.evaluate(tried)
            told()
            if there.losses.sum() < at.losses.sum():
                break
        else:
            return vector, at, -0.5 * float(gradient @ step) < _NEARLY
        bowl = _updated(bowl, tried - vector, there.slopes.sum(axis=0) - gradient)
        vector, at = tried, there
    return vector, at, False


def _updated(bowl: Array, step: Array, turn: Array) -> Array:
    """Return the Hessian with what a step has shown, damped (Powell) so that it stays a bowl."""
    pushed = bowl @ step
    own, seen = float(step @ pushed), float(step @ turn)
    if seen < 0.2 * own:
        part = 0.8 * own / (own - seen)
        turn = part * turn + (1.0 - part) * pushed
        seen = 0.2 * own
    return bowl - np.outer(pushed, pushed) / own + np.outer(turn, turn) / seen


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
