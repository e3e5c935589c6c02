"""What weighted draws say: quantiles, chances, and how far chance in the draws moves these."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def quantiles(values: Array, weights: Array, shares: tuple[float, ...]) -> Array:
    """Return quantiles (shares, ...) of values (draws, ...) with weights; nan draws have none.

    A quantile is the least value that at least that share of the weight does not exceed.
    """
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat).all(axis=1) & (weights > 0)
    flat, weights = flat[known], weights[known]
    if not len(flat):
        return np.full((len(shares), *values.shape[1:]), np.nan)
    order = np.argsort(flat, axis=0, kind="stable")
    ranked = np.take_along_axis(flat, order, axis=0)
    upto = np.cumsum(weights[order], axis=0)
    upto /= upto[-1]
    places = [np.argmax(upto >= share * (1.0 - 1e-12), axis=0) for share in shares]
    found = [ranked[place, np.arange(flat.shape[1])] for place in places]
    return np.array(found).reshape(len(shares), *values.shape[1:])


def chance(happened: Array, weights: Array) -> tuple[Array, Array]:
    """Return the chance of what `happened` (draws, ...), and its Monte Carlo standard error.

    Draws are ratio estimates: ``p = sum w I``, variance ``sum w^2 (I - p)^2``. Where all or none
    of the draws have it, half a case in as many as the effective sample size is taken for it.
    """
    share = np.tensordot(weights, happened.astype(float), axes=1)
    squares = np.tensordot(weights**2, (happened - share) ** 2, axes=1)
    size = 1.0 / np.sum(weights**2)
    least = (0.5 / (size + 1.0)) * (1.0 - 0.5 / (size + 1.0)) / (size + 1.0)
    return share, np.sqrt(np.maximum(squares, least))


def moments(values: Array, weights: Array) -> tuple[Array, Array]:
    """Return the mean (numbers,) and covariance of values (draws, numbers) with weights."""
    mean = weights @ values
    away = values - mean
    return mean, (away * weights[:, None]).T @ away
