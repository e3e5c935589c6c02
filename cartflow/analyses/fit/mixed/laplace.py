"""Slopes of FOCEI: of Laplace's approximation with the expected information.

With x the inner values of a subject, ``x = t + E eta``, loss l, information I, P = Omega^-1 and
H = E^T I E + P, a subject has ``l + eta^T P eta / 2 + ln|Omega|/2 + ln|H|/2`` at its likeliest eta.
How l's gradient and I change with x is worked out by central differences, which also say how eta
moves; the rest is exact.
"""

from __future__ import annotations

import numpy as np

from cartflow.analyses.fit.mixed.individual import Mode, with_effects
from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray
_STEP = 1e-3


def laplace_slopes(
    one: Problem, k: int, found: Mode, typical: Array, root: Array, layout: Layout
) -> Array:
    """Return the slopes of subject `k`'s -ln L to the vector of the layout."""
    places, eta = layout.places, found.eta
    precision = np.linalg.inv(root @ root.T)
    bend, turns = _changes(one, with_effects(typical, places, eta), places)
    inverse = np.linalg.inv(found.curvature)
    # What a change of each inner value does to ln|H|/2, eta being held.
    logs = 0.5 * np.einsum("ij,kji->k", inverse, turns)
    stiff = np.linalg.inv(bend[np.ix_(places, places)] + precision)
    # eta follows typical values by -stiff @ bend, and P by -stiff @ dP @ eta.
    follow = logs - logs[places] @ stiff @ bend[places]
    plain = found.at.gradient + follow
    sizes = np.array([layout.shifts[k, c] * plain[layout.moved[c]] for c in layout.sized])
    pulled = precision @ eta
    moved = np.outer(precision @ stiff @ logs[places], pulled)
    to_covariance = 0.5 * (
        precision - np.outer(pulled, pulled) - precision @ inverse @ precision + moved + moved.T
    )
    return np.concatenate([plain, sizes, layout.slopes_of_root(root, to_covariance)])


def _changes(one: Problem, inner: Array, places: Array) -> tuple[Array, Array]:
    """Return the loss's Hessian, and how the information on `places` changes with each value."""
    count = len(inner)
    bend, turns = np.zeros((count, count)), np.zeros((count, len(places), len(places)))
    # Sizes of errors stand last, and need no runs but those at hand.
    for k in reversed(range(count)):
        sides = []
        for way in (1.0, -1.0):
            moved = inner.copy()
            moved[k] += way * _STEP
            at = one.evaluate(moved)
            rows = at.rows[:, places]
            sides.append((at.gradient, rows.T @ rows))
        bend[k] = (sides[0][0] - sides[1][0]) / (2.0 * _STEP)
        turns[k] = (sides[0][1] - sides[1][1]) / (2.0 * _STEP)
    return 0.5 * (bend + bend.T), turns
