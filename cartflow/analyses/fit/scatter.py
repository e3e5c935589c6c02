"""What values say about a prediction: ``-ln L`` by kind of error, its slopes and information."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

Array = np.ndarray
_LOG_2_PI = math.log(2.0 * math.pi)
_NONE = 1e-200  # of a positive amount


class Data(NamedTuple):
    """Values of one observable, with their own standard deviations and limits, where given."""

    value: Array
    sd: Array
    lloq: Array
    censored: Array


class Scatter(NamedTuple):
    """``-ln L`` (n,), its slopes to prediction and numbers (1 + k, n), and rows (r, 1 + k, n)."""

    loss: Array
    slopes: Array
    rows: Array


class Sigma(NamedTuple):
    """Standard deviations (n,), and their derivatives to prediction and numbers (1 + k, n)."""

    sigma: Array
    slopes: Array


def sigma_of(kind: str, data: Data, predicted: Array, numbers: Array) -> Sigma:
    """Return the standard deviations of a kind of error that has them."""
    slopes = np.zeros((1 + len(numbers), len(predicted)))
    if kind == "measured":
        return Sigma(data.sd, slopes)
    if kind == "weighted":
        slopes[1] = data.sd
        return Sigma(numbers[0] * data.sd, slopes)
    if kind in ("normal", "lognormal"):
        slopes[1] = 1.0
        return Sigma(np.full(len(predicted), numbers[0]), slopes)
    if kind == "student":
        slopes[2] = 1.0
        return Sigma(np.full(len(predicted), numbers[1]), slopes)
    size = np.maximum(np.abs(predicted), 1e-12 * np.max(np.abs(predicted), initial=1e-300))
    if kind == "proportional":
        slopes[0], slopes[1] = numbers[0] * np.sign(predicted), size
        return Sigma(numbers[0] * size, slopes)
    absolute, relative = numbers
    sigma = np.hypot(absolute, relative * size)
    slopes[0] = relative**2 * predicted / sigma
    slopes[1], slopes[2] = absolute / sigma, relative * size**2 / sigma
    return Sigma(sigma, slopes)


def _gaussian(kind: str) -> Callable[[Data, Array, Array], Scatter]:
    def scatter(data: Data, predicted: Array, numbers: Array) -> Scatter:
        sigma = sigma_of(kind, data, predicted, numbers)
        if kind != "lognormal":
            return _normal(data, predicted, sigma)
        logged = Data(np.log(data.value), data.sd, np.log(data.lloq), data.censored)
        safe = np.maximum(predicted, _NONE)
        found = _normal(logged, np.log(safe), sigma)
        found.slopes[0] /= safe
        found.rows[:, 0] /= safe
        # A density of the value itself, not of its logarithm.
        jacobian = np.where(data.censored, 0.0, logged.value)
        # Where there is nothing, nothing can be measured, and what was not is certain.
        gone = predicted < _NONE
        found.slopes[:, gone], found.rows[:, :, gone] = 0.0, 0.0
        loss = np.where(gone, np.where(data.censored, 0.0, np.inf), found.loss + jacobian)
        return found._replace(loss=loss)

    return scatter


def _normal(data: Data, middle: Array, sigma: Sigma) -> Scatter:
    seen = ~data.censored
    wide = sigma.sigma
    z = np.where(seen, data.value - middle, 0.0) / wide
    loss = 0.5 * z**2 + np.log(wide) + 0.5 * _LOG_2_PI
    inner = sigma.slopes / wide
    slopes = inner * (1.0 - z**2)
    slopes[0] -= z / wide
    rows = np.zeros((2, *slopes.shape))
    rows[0, 0] = 1.0 / wide
    rows[1] = math.sqrt(2.0) * inner
    if not seen.all():
        _censor(data, middle, sigma, loss, slopes, rows)
    return Scatter(loss, slopes, rows)


def _censor(
    data: Data, middle: Array, sigma: Sigma, loss: Array, slopes: Array, rows: Array
) -> None:
    """Write what values below quantification say: the chance to lie there (Beal's M3)."""
    low = data.censored
    wide = sigma.sigma[low]
    z = (data.lloq[low] - middle[low]) / wide
    loss[low] = -special.log_ndtr(z)
    pull = np.exp(-0.5 * z**2 - 0.5 * _LOG_2_PI - special.log_ndtr(z))
    of_z = -z / wide * sigma.slopes[:, low]
    of_z[0] -= 1.0 / wide
    slopes[:, low] = -pull * of_z
    rows[0][:, low] = np.sqrt(np.maximum(pull * (z + pull), 0.0)) * of_z
    rows[1][:, low] = 0.0


def _student(data: Data, predicted: Array, numbers: Array) -> Scatter:
    freedom = float(numbers[0])
    sigma = sigma_of("student", data, predicted, numbers)
    wide, inner = sigma.sigma, sigma.slopes / sigma.sigma
    z = np.where(data.censored, 0.0, data.value - predicted) / wide
    heavy = (freedom + 1.0) * z / (freedom + z**2)
    constant = (
        special.gammaln(0.5 * freedom)
        - special.gammaln(0.5 * (freedom + 1.0))
        + 0.5 * math.log(math.pi * freedom)
    )
    loss = 0.5 * (freedom + 1.0) * np.log1p(z**2 / freedom) + np.log(wide) + constant
    slopes = inner * (1.0 - heavy * z)
    slopes[0] -= heavy / wide
    rows = np.zeros((2, *slopes.shape))
    rows[0, 0] = math.sqrt((freedom + 1.0) / (freedom + 3.0)) / wide
    rows[1] = math.sqrt(2.0 * freedom / (freedom + 3.0)) * inner
    low = data.censored
    if low.any():
        z = (data.lloq[low] - predicted[low]) / wide[low]
        below = special.stdtr(freedom, z)
        density = np.exp(-0.5 * (freedom + 1.0) * np.log1p(z**2 / freedom) - constant)
        of_z = -z / wide[low] * sigma.slopes[:, low]
        of_z[0] -= 1.0 / wide[low]
        loss[low] = -np.log(below)
        slopes[:, low] = -density / below * of_z
        rows[0][:, low], rows[1][:, low] = density / below * of_z, 0.0
    return Scatter(loss, slopes, rows)


def _poisson(data: Data, predicted: Array, numbers: Array) -> Scatter:
    mean = np.maximum(predicted, 1e-300)
    loss = mean - special.xlogy(data.value, mean) + special.gammaln(data.value + 1.0)
    slopes = (1.0 - data.value / mean)[None]
    return Scatter(loss, slopes, (1.0 / np.sqrt(mean))[None, None])


def _negative_binomial(data: Data, predicted: Array, numbers: Array) -> Scatter:
    """Variance ``mean + mean^2/size``."""
    mean, size, count = np.maximum(predicted, 1e-300), float(numbers[0]), data.value
    whole = size + mean
    loss = (
        special.gammaln(size)
        + special.gammaln(count + 1.0)
        - special.gammaln(count + size)
        - size * np.log(size / whole)
        - special.xlogy(count, mean / whole)
    )
    to_mean = (size + count) / whole - count / mean
    to_size = (
        special.digamma(size)
        - special.digamma(count + size)
        - np.log(size / whole)
        - 1.0
        + (size + count) / whole
    )
    rows = np.zeros((2, 2, len(mean)))
    rows[0, 0] = 1.0 / np.sqrt(mean + mean**2 / size)
    # No closed form: the square of the slope has the same mean.
    rows[1, 1] = to_size
    return Scatter(loss, np.array([to_mean, to_size]), rows)


_GAUSSIAN = ("normal", "lognormal", "proportional", "combined", "measured", "weighted")
SCATTER: dict[str, Callable[[Data, Array, Array], Scatter]] = {
    **{k: _gaussian(k) for k in _GAUSSIAN},
    "student": _student,
    "poisson": _poisson,
    "negative_binomial": _negative_binomial,
}
