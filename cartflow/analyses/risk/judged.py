"""How well scores tell outcomes: area under the ROC curve, calibration, Brier, net benefit."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, ndtri
from scipy.stats import rankdata

from cartflow.analyses.risk.linear import logistic
from cartflow.core.outcome import InputError

Array = np.ndarray
Z_95 = float(ndtri(0.975))


def area(score: Array, outcome: Array) -> tuple[float, float]:
    """Return the area under the ROC curve (ties count half), and its standard error.

    By DeLong, DeLong and Clarke-Pearson's placements, each variance over n - 1.
    """
    high, low = score[outcome == 1], score[outcome == 0]
    m, n = len(high), len(low)
    all_ranks = rankdata(np.concatenate([high, low]))
    above = (all_ranks[:m] - rankdata(high)) / n
    below = 1.0 - (all_ranks[m:] - rankdata(low)) / m
    variance = np.var(above, ddof=1) / m + np.var(below, ddof=1) / n
    return float(above.mean()), float(np.sqrt(variance))


def area_interval(value: float, error: float) -> tuple[float, float]:
    """Return the 95 % interval of an area, on the scale of its logit so that it stays within 0..1.

    An area of 0 or 1 has none (nan).
    """
    if not 0.0 < value < 1.0 or error == 0.0:
        return np.nan, np.nan
    half = Z_95 * error / (value * (1.0 - value))
    low, high = expit(logit(value) + np.array([-half, half]))
    return float(low), float(high)


def calibration(score: Array, outcome: Array) -> tuple[Array, Array]:
    """Return intercept and slope of outcomes on the score, and their standard errors.

    A score that foretells right has 0 and 1. nan where the outcomes are parted without overlap.
    """
    try:
        found = logistic(score[:, None], outcome)
    except InputError:
        return np.full(2, np.nan), np.full(2, np.nan)
    return found.weights, np.sqrt(np.diag(found.covariance))


def brier(chance: Array, outcome: Array) -> float:
    """Return the mean square of chance less outcome."""
    return float(np.mean((chance - outcome) ** 2))


def act_above(harm: float, benefit: float) -> float:
    """Return the chance above which to act has the higher expected utility.

    To act gains `benefit` where the outcome would come and costs `harm` where it would not, so
    that it pays if ``p benefit > (1 - p) harm``: ``p* = harm/(harm + benefit)`` (Pauker and
    Kassirer 1975). Raises `InputError` unless both are above 0.
    """
    for name, value in (("harm", harm), ("benefit", benefit)):
        if not (np.isfinite(value) and value > 0):
            msg = f"{name}: {value:g} must be above 0"
            raise InputError(msg)
    return harm / (harm + benefit)


def net_benefit(chance: Array, outcome: Array, threshold: Array) -> Array:
    """Return the net benefit of acting where the chance is at least each `threshold`.

    In true positives a patient, ``TP/n - FP/n t/(1 - t)`` (Vickers and Elkin 2006).
    """
    acts = chance[:, None] >= threshold
    true = (acts & (outcome[:, None] == 1)).mean(axis=0)
    false = (acts & (outcome[:, None] == 0)).mean(axis=0)
    return true - false * threshold / (1.0 - threshold)


def treat_all(outcome: Array, threshold: Array) -> Array:
    """Return the net benefit of acting in every patient."""
    share = float(np.mean(outcome))
    return share - (1.0 - share) * threshold / (1.0 - threshold)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); nan of none."""
    if of == 0:
        return np.nan, np.nan
    share, z = hits / of, Z_95
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return float(middle - half), float(middle + half)
