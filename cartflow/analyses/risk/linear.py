"""Linear scores that tell those with an outcome from those without: logistic, and Fisher's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from cartflow.core.outcome import InputError

Array = np.ndarray
_MOST_STEPS, _ENOUGH, _LARGEST = 100, 1e-12, 15.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Score:
    """``s = weights[0] + weights[1:] @ x``, the logarithm of the odds; chance ``1/(1 + exp(-s))``.

    `covariance` is that of the weights, nan where it is not known (Fisher's).
    """

    weights: Array
    covariance: Array

    def of(self, predictors: Array) -> Array:
        """Return the score of predictors (patients, predictors)."""
        return self.weights[0] + predictors @ self.weights[1:]

    def chance(self, predictors: Array) -> Array:
        """Return the chance of the outcome."""
        return expit(self.of(predictors))


def logistic(predictors: Array, outcome: Array) -> Score:
    """Return the likeliest logistic score of predictors (n, p) and outcomes 0 or 1, by Newton.

    Covariance is the inverse information. Raises `InputError` where the outcomes are parted
    without overlap, so that there is no likeliest score.
    """
    design = np.column_stack([np.ones(len(outcome)), _standard(predictors)])
    weights = np.zeros(design.shape[1])
    loss = _loss(design, outcome, weights)
    for _ in range(_MOST_STEPS):
        chance = expit(design @ weights)
        information = (design * (chance * (1.0 - chance))[:, None]).T @ design
        gradient = design.T @ (outcome - chance)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            raise _parted() from None
        size = 1.0
        while _loss(design, outcome, weights + size * step) > loss and size > 1e-10:
            size *= 0.5
        weights = weights + size * step
        loss = _loss(design, outcome, weights)
        if np.abs(weights).max() > _LARGEST:
            raise _parted()
        if gradient @ step < _ENOUGH:
            break
    return _restored(weights, np.linalg.inv(information), predictors)


def fisher(predictors: Array, outcome: Array) -> Score:
    """Return Fisher's linear discriminant as a score: normal predictors of one covariance.

    ``w = S^-1 (m1 - m0)``, ``b = ln(n1/n0) - (m1 + m0) @ w / 2``, S pooled over n - 2.
    """
    groups = [predictors[outcome == which] for which in (0, 1)]
    means = [group.mean(axis=0) for group in groups]
    scatter = sum(
        (group - mean).T @ (group - mean) for group, mean in zip(groups, means, strict=True)
    )
    pooled = np.atleast_2d(scatter) / (len(outcome) - 2)
    try:
        slopes = np.linalg.solve(pooled, means[1] - means[0])
    except np.linalg.LinAlgError:
        msg = "risk: the predictors depend on one another; leave one out"
        raise InputError(msg) from None
    prior = np.log(len(groups[1]) / len(groups[0]))
    first = prior - 0.5 * (means[1] + means[0]) @ slopes
    size = len(slopes) + 1
    return Score(
        weights=np.concatenate([[first], slopes]), covariance=np.full((size, size), np.nan)
    )


def _parted() -> InputError:
    return InputError(
        "risk: the predictors part those with the outcome from those without, without overlap, "
        "so that a logistic score has no likeliest weights; take more patients, or --by fisher"
    )


def _loss(design: Array, outcome: Array, weights: Array) -> float:
    score = design @ weights
    return float(np.sum(np.logaddexp(0.0, score) - outcome * score))


def _standard(predictors: Array) -> Array:
    return (predictors - predictors.mean(axis=0)) / predictors.std(axis=0)


def _restored(weights: Array, covariance: Array, predictors: Array) -> Score:
    """Return weights on the predictors themselves, from those on standardised ones."""
    middle, wide = predictors.mean(axis=0), predictors.std(axis=0)
    turn = np.diag(np.concatenate([[1.0], 1.0 / wide]))
    turn[0, 1:] = -middle / wide
    return Score(weights=turn @ weights, covariance=turn @ covariance @ turn.T)
