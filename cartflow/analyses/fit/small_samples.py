"""What it costs that the size of errors is estimated from few values: degrees of freedom.

Where n values scatter about what p numbers predict, and their standard deviation is estimated,
-2 ln L rises by n ln(1 + t^2/(n - p)), and t has Student's distribution with n - p degrees of
freedom: exactly for what is linear with normal errors (chi-squared is its limit for large n). The
estimated variance is too small by (n - p)/n, and standard errors by the root of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import brentq

from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.scatter import sigma_of

Array = np.ndarray
# Errors of which all that is estimated is their size, to which every value's sd is proportional.
_SIZED = ("normal", "lognormal", "proportional", "weighted", "combined")
_NONE_LEFT = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Sized:
    """Observables whose errors share an estimated size: places of `errors` among the parameters.

    Of `values` values the prediction takes up some, and `freedom` are left; `shares` is how much
    of what is known of each parameter these observables tell, and `average` the mean of these.
    """

    measured: tuple[Measured, ...]
    errors: tuple[int, ...]
    values: int
    freedom: float
    shares: Array
    average: float

    @property
    def widening(self) -> float:
        """By how much the estimated standard deviation is too small."""
        return float(np.sqrt(self.values / self.freedom)) if self.freedom else float("inf")


@dataclass(frozen=True, kw_only=True, eq=False)
class SmallSamples:
    """Errors of estimated size, each with its degrees of freedom, of `parameters` numbers."""

    sized: tuple[Sized, ...]
    parameters: int

    def rises(self, level: float) -> Array:
        """Return how far -2 ln L has risen (parameters,) where intervals of `level` end."""
        plain = special.ndtri(0.5 * (1.0 + level)) ** 2
        found = np.full(self.parameters, plain)
        for k in range(self.parameters):
            own = [each for each in self.sized if k in each.errors]
            if not own:
                found[k] = self._of_prediction(k, level)
            elif len(own[0].errors) == 1:
                found[k] = _of_size(own[0].values, own[0].freedom, level)
        return found

    def _of_prediction(self, k: int, level: float) -> float:
        told = [each for each in self.sized if each.shares[k] > 0.0]
        if any(not each.freedom for each in told):
            return float("inf")
        square = _student(_pooled(told, [each.shares[k] for each in told]), level) ** 2
        rest = 1.0 - sum(float(each.shares[k]) for each in told)
        rises = (e.values * np.log1p(e.shares[k] * square / e.freedom) for e in told)
        return float(rest * square + sum(rises))

    def widened(self, curved: Curvature) -> Curvature:
        """Return the covariance with errors as large as unbiased ones: nan where none are left."""
        by = np.outer(self.widening, self.widening)
        return Curvature(
            hessian=curved.hessian / by,
            covariance=curved.covariance * by,
            spread=curved.spread * by,
            free=curved.free,
        )

    @property
    def widening(self) -> Array:
        """By how much standard errors are too small with errors as estimated; nan: not known."""
        size = np.array([self._widening(k) for k in range(self.parameters)])
        return np.where(np.isfinite(size), size, np.nan)

    def _widening(self, k: int) -> float:
        for each in self.sized:
            if k in each.errors:
                return each.widening
        told = [each for each in self.sized if each.shares[k] > 0.0]
        left = 1.0 - sum(float(e.shares[k]) * (1.0 - e.freedom / e.values) for e in told)
        return float(1.0 / np.sqrt(left)) if left > _NONE_LEFT else float("inf")

    def mean_quantile(self, level: float) -> float:
        """Return how many standard errors a band of the prediction of `level` is to each side."""
        told = [each for each in self.sized if each.freedom and each.average > 0.0]
        return _student(_pooled(told, [each.average for each in told]), level)

    def value_quantile(self, measured: Measured, level: float) -> float:
        """Return how many estimated standard deviations a new value lies away, if normal."""
        own = self.of(measured)
        if own is None or not own.freedom:
            return _student(float("inf"), level)
        return own.widening * _student(own.freedom, level)

    def of(self, measured: Measured) -> Sized | None:
        """Return the errors of estimated size that an observable has, if it has such."""
        return next((each for each in self.sized if measured in each.measured), None)


def small_samples(problem: Problem, best: Found, free: Array) -> SmallSamples:
    """Return the degrees of freedom of errors whose size is estimated, at the best values.

    The prediction of an observable takes up as many of its values as its rows have in the trace
    of the hat matrix, and one each for a scale and an offset that are solved for. Exact for one
    size of errors; with several the degrees of freedom of a number are pooled by the shares of
    them in what is known of it (Satterthwaite 1946).
    """
    groups = list(_groups(problem))
    blocks = [_rows(problem, best, each)[:, free] for each in problem.measured]
    everything = np.concatenate([*blocks, _of_priors(problem)[:, free]])
    size = np.sqrt((everything**2).sum(axis=0))
    scaled = everything / np.where(size > 0.0, size, 1.0)
    leverage = (_basis(scaled) ** 2).sum(axis=1)
    pulls = np.zeros((len(everything), len(problem.parameters)))
    pulls[:, free] = np.column_stack([_alone(scaled, k) for k in range(scaled.shape[1])]) ** 2
    told = pulls.sum(axis=0)
    ends = np.cumsum([0, *(len(block) for block in blocks)])
    found = []
    for places, errors in groups:
        own = np.concatenate([np.arange(ends[k], ends[k + 1]) for k in places])
        each = tuple(problem.measured[k] for k in places)
        solved = sum(m.observable.scaled + m.observable.shifted for m in each)
        left = len(own) - float(leverage[own].sum()) - solved
        shares = pulls[own].sum(axis=0) / np.maximum(told, 1e-300)
        found.append(
            Sized(
                measured=each,
                errors=errors,
                values=len(own),
                freedom=left if left > _NONE_LEFT else 0.0,
                shares=shares,
                average=float(shares[told > 0.0].mean()) if told.any() else 0.0,
            )
        )
    return SmallSamples(sized=tuple(found), parameters=len(problem.parameters))


def _groups(problem: Problem) -> Iterator[tuple[list[int], tuple[int, ...]]]:
    """Yield the places of observables whose errors share an estimated size, with its own."""
    found: dict[tuple[int, ...], list[int]] = {}
    for place, each in enumerate(problem.measured):
        error = each.error
        if error.kind in _SIZED and len(error.estimated) == len(error.numbers):
            found.setdefault(each.errors, []).append(place)
    for errors, places in found.items():
        yield places, errors


def _rows(problem: Problem, best: Found, each: Measured) -> Array:
    """Return how predictions change, in standard deviations, where values are above their limit."""
    seen = ~each.data.censored
    predicted = best.at.predicted[each.entries]
    numbers = each.numbers(problem.values(best.inner))
    wide = _wide(each, predicted, numbers)
    return np.asarray((best.at.tangents[:, each.entries] / wide)[:, seen].T)


def _wide(each: Measured, predicted: Array, numbers: Array) -> Array:
    if each.error.kind in ("poisson", "negative_binomial"):
        extra = predicted**2 / numbers[0] if len(numbers) else 0.0
        return np.sqrt(np.maximum(predicted + extra, 1e-300))
    sigma = sigma_of(each.error.kind, each.data, predicted, numbers).sigma
    return sigma * np.maximum(predicted, 1e-300) if each.error.kind == "lognormal" else sigma


def _of_priors(problem: Problem) -> Array:
    """Return what priors say of the parameters, as rows."""
    count = len(problem.parameters)
    rows = [
        np.eye(count)[k] / prior[1] for k, prior in enumerate(problem.priors) if prior is not None
    ]
    return np.array(rows).reshape(-1, count)


def _basis(rows: Array) -> Array:
    """Return an orthonormal basis of the columns."""
    left, singular, _ = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(left[:, singular > 1e-8 * singular.max(initial=0.0)])


def _alone(rows: Array, k: int) -> Array:
    """Return what each row says of number `k` beside all others; all it says, if that is none."""
    others = _basis(np.delete(rows, k, axis=1))
    rest = rows[:, k] - others @ (others.T @ rows[:, k])
    return rest if (rest**2).sum() > 1e-12 * (rows[:, k] ** 2).sum() else rows[:, k]


def _pooled(told: Sequence[Sized], shares: Sequence[float]) -> float:
    """Return Satterthwaite's degrees of freedom; infinite where all errors are known."""
    sum_of = sum(share**2 / each.freedom for each, share in zip(told, shares, strict=True))
    return 1.0 / sum_of if sum_of > 0.0 else float("inf")


def _student(freedom: float, level: float) -> float:
    tail = 0.5 * (1.0 + level)
    return float(special.stdtrit(freedom, tail) if freedom < 1e8 else special.ndtri(tail))


def _of_size(values: int, freedom: float, level: float) -> float:
    """Return the rise for the size itself: RSS/sigma^2 has chi-squared with that many degrees.

    The rise is x - n - n ln(x/n) of x = RSS/sigma^2, least at n, and x lies between its two roots
    as often as `level`.
    """
    if not freedom:
        return float("inf")

    def held(rise: float) -> float:
        below = -np.exp(-1.0 - rise / values)
        low, high = (-values * float(special.lambertw(below, k).real) for k in (0, -1))
        return float(special.chdtr(freedom, high) - special.chdtr(freedom, low))

    # At nothing the two roots are one, where Lambert's W has its branch point.
    return float(brentq(lambda rise: held(rise) - level, 1e-6, 500.0 * values, xtol=1e-10))
