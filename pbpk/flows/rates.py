"""The matrix of rates between compartments: put together from arcs, and checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.core.outcome import InputError

Array = NDArray[np.float64]


def rates_of(compartments: Iterable[str], arcs: Iterable[tuple[str, str, float]]) -> Array:
    """Return the matrix (1/day) of arcs (source, target, rate); its diagonal is what leaves."""
    place = {name: number for number, name in enumerate(compartments)}
    matrix = np.zeros((len(place), len(place)))
    for source, target, rate in arcs:
        matrix[place[target], place[source]] += rate
    _close(matrix)
    return matrix


def _close(matrix: Array) -> None:
    """Write the diagonal so that columns sum to zero as nearly as a number can.

    What is left over makes or loses cells as long as a run goes on: a few last digits of 1e5 a day
    are 2e-12 of the cells in a day.
    """
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, [-math.fsum(column) for column in matrix.T])


def checked_rates(given: ArrayLike, names: Sequence[str], where: str) -> Array:
    """Return rates (n, n), 1/day, between the compartments `names`, not to be written to.

    Raises `InputError` naming `where` for another shape, a name that is there twice, rates between
    compartments that are negative or not finite, and columns that do not sum to zero.
    """
    rates = np.array(given, dtype=float)
    if rates.shape != (len(names), len(names)) or len(set(names)) != len(names):
        msg = f"{where}: rates of shape {rates.shape} for the compartments {', '.join(names)}"
        raise InputError(msg)
    off = rates - np.diag(np.diag(rates))
    if not np.isfinite(rates).all() or (off < 0).any():
        msg = f"{where}: rates between compartments must be finite and not negative"
        raise InputError(msg)
    if (np.abs(rates.sum(axis=0)) > 1e-12 * np.abs(np.diag(rates))).any():
        msg = f"{where}: the columns of the rates must sum to zero"
        raise InputError(msg)
    rates.setflags(write=False)
    return rates
