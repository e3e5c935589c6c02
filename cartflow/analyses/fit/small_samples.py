"""What it costs that the size of errors is estimated from few values: degrees of freedom.

Where n values scatter about what p numbers predict, and their standard deviation is estimated,
-2 ln L rises by n ln(1 + t^2/(n - p)), and t has Student's distribution with n - p degrees of
freedom: exactly for what is linear with normal errors (chi-squared is its limit for large n). The
estimated variance is too small by (n - p)/n, and standard errors by the root of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import brentq

from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.measured import Measured

Array = np.ndarray
NONE_LEFT = 1e-6


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
        return float(1.0 / np.sqrt(left)) if left > NONE_LEFT else float("inf")

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
