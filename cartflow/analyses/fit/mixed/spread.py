"""How much subjects differ: standard deviations and correlations, and how far data show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.curvature import inverse
from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.mixed.search import Ended

Array = np.ndarray
_STEP = 1e-5


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """Random effects by name: standard deviations with errors, correlations, shrinkage.

    `shrinkage` is 1 - sd(eta)/omega of the likeliest random effects `eta` (subjects, random).
    `covariance` is that of the layout's vector, nan for what is not known.
    """

    deviations: Array
    errors: Array
    correlation: Array
    shrinkage: Array
    eta: Array
    covariance: Array


def spread_of(layout: Layout, ended: Ended) -> Spread:
    """Return the spread between subjects at the end of a search."""
    vector = ended.vector
    covariance = np.full_like(ended.hessian, np.nan)
    free = np.isfinite(np.diag(ended.hessian))
    inside = np.ix_(free, free)
    covariance[inside] = inverse(ended.hessian[inside], np.zeros((0, int(free.sum()))))[0]
    deviations = _deviations(layout, vector)
    slopes = _slopes(lambda v: _deviations(layout, v), vector)
    # What does not depend on a number that is not known, is known.
    known = np.where(np.abs(slopes[:, :, None] * slopes[:, None]) > 0, covariance, 0.0)
    variance = np.einsum("ri,rij,rj->r", slopes, known, slopes)
    whole = layout.root(vector) @ layout.root(vector).T
    eta = np.array([each.eta for each in ended.at.modes])
    return Spread(
        deviations=deviations,
        errors=np.sqrt(np.where(variance > 0, variance, np.nan)),
        correlation=whole / np.outer(deviations, deviations),
        shrinkage=1.0 - eta.std(axis=0, ddof=1) / deviations
        if len(eta) > 1
        else deviations * np.nan,
        eta=eta,
        covariance=covariance,
    )


def _deviations(layout: Layout, vector: Array) -> Array:
    return np.sqrt((layout.root(vector) ** 2).sum(axis=1))


def _slopes(function: Callable[[Array], Array], vector: Array) -> Array:
    columns = []
    for k in range(len(vector)):
        moved = [vector.copy(), vector.copy()]
        moved[0][k] += _STEP
        moved[1][k] -= _STEP
        columns.append((function(moved[0]) - function(moved[1])) / (2.0 * _STEP))
    return np.array(columns).T
