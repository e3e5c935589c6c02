"""Standard normal scores of members: of each number by itself, and with correlations."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.study.tables.population import CorrelationTable

Array = np.ndarray
_LEAST = 1e-10  # of an eigenvalue


def scores(
    keys: Sequence[str], members: int, seed: int, correlations: Sequence[CorrelationTable] = ()
) -> Array:
    """Return standard normal scores (members, keys) with the `correlations` asked for.

    Every key has a stream of its own, by `seed` and name: the first members are the same in a
    larger population, and where more numbers vary. Raises `InputError` on a correlation of
    what does not vary, or on coefficients that contradict one another.
    """
    drawn = np.column_stack([_stream(key, seed).standard_normal(members) for key in keys])
    if not correlations:
        return drawn
    lower = _factor(correlation_matrix(keys, correlations))
    # What is correlated with nothing keeps its scores to the bit.
    mixed = [i for i in range(len(keys)) if np.count_nonzero(lower[i]) > 1]
    drawn[:, mixed] = drawn @ lower[mixed].T
    return drawn


def _stream(key: str, seed: int) -> np.random.Generator:
    words = np.frombuffer(hashlib.sha256(key.encode()).digest(), dtype="<u4")
    return np.random.default_rng([seed, *words.tolist()])


def correlation_matrix(keys: Sequence[str], correlations: Sequence[CorrelationTable]) -> Array:
    """Return the matrix of the coefficients. Raises `InputError`."""
    found = np.eye(len(keys))
    seen: set[frozenset[str]] = set()
    for number, each in enumerate(correlations):
        what = f"population.correlations.{number}"
        for key in each.between:
            require_known(key, keys, f"{what}.between")
        pair = frozenset(each.between)
        if len(pair) < 2 or pair in seen:
            msg = f"{what}.between: {' and '.join(each.between)} must differ, and stand once"
            raise InputError(msg)
        if not -1 < each.coefficient < 1:
            msg = f"{what}.coefficient: {each.coefficient:g} must lie between -1 and 1"
            raise InputError(msg)
        seen.add(pair)
        i, j = (keys.index(key) for key in each.between)
        found[i, j] = found[j, i] = each.coefficient
    return found


def _factor(matrix: Array) -> Array:
    least = float(np.linalg.eigvalsh(matrix)[0])
    if not least > _LEAST:
        msg = (
            "population.correlations: the coefficients contradict one another (the matrix is not "
            f"positive definite: its least eigenvalue is {least:.3g}); give ones nearer to 0"
        )
        raise InputError(msg)
    return np.linalg.cholesky(matrix)
