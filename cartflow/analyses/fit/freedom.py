"""Degrees of freedom of errors whose size is estimated: values less what predictions take up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.scatter import sigma_of
from cartflow.analyses.fit.small_samples import NONE_LEFT, Sized, SmallSamples

Array = np.ndarray
# Errors of which all that is estimated is their size, to which every value's sd is proportional.
_SIZED = ("normal", "lognormal", "proportional", "weighted", "combined")


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
                freedom=left if left > NONE_LEFT else 0.0,
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
