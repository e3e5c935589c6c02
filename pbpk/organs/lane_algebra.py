"""Compiled linear algebra on rows of lanes: sums, and a sparse matrix of known elimination."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import in_place, njit
from cartflow.pbpk.organs.arrays import Matrix, Steps
from cartflow.pbpk.organs.lanes import multiply, subtract_product

Array: TypeAlias = NDArray[np.float64]


@njit(error_model="numpy", cache=True)
def rows(number: int, lanes: int) -> Array:
    """Return zeros, shape (number, lanes)."""
    return np.zeros((number, lanes))


@in_place
def set_to(target: Array, factor: float, source: Array) -> None:
    """Set to `factor` times `source`, both (rows, lanes)."""
    # An assignment of slices would compile the text of its errors too, which takes seconds.
    flat, values = target.reshape(-1), source.reshape(-1)
    for i in range(flat.size):
        flat[i] = factor * values[i]


@in_place
def add(target: Array, factor: float, other: Array) -> None:
    """Add `factor` times `other`, both (rows, lanes)."""
    flat, source = target.reshape(-1), other.reshape(-1)
    for i in range(flat.size):
        flat[i] += factor * source[i]


@in_place
def factorise(
    slopes: Array,
    elimination: Matrix,
    inverse: Array,
    matrix: Array,
    pivots: Array,
    least: Array,
) -> None:
    """Write L and U of 1/(gamma step) less the Jacobian, and the least pivot of each lane.

    `matrix` has what is no slope of an event, `inverse` 1/(gamma step).
    """
    steps, local, local_factors = elimination.steps, elimination.local, elimination.local_factors
    order, diagonal, starts = steps.order, steps.diagonal, steps.starts
    lower, update = steps.lower, steps.update
    for t in range(len(local)):
        subtract_product(matrix, local[t, 0], local_factors, t, slopes, local[t, 1])
    for lane in range(least.size):
        least[lane] = 1e300
    for k in range(len(order)):
        pivot, place = order[k], diagonal[order[k]]
        for lane in range(least.size):
            value = matrix[place, lane] + inverse[0, lane]
            least[lane] = value if value < least[lane] else least[lane]
            pivots[pivot, lane] = 1.0 / value
        for t in range(starts[k, 0], starts[k + 1, 0]):
            multiply(matrix, lower[t, 0], pivots, pivot)
        for t in range(starts[k, 1], starts[k + 1, 1]):
            subtract_product(matrix, update[t, 0], matrix, update[t, 1], matrix, update[t, 2])


@in_place
def solve(matrix: Array, pivots: Array, steps: Steps, x: Array) -> None:
    """Replace the right-hand side `x` by the solution."""
    order, starts, lower, upper = steps.order, steps.starts, steps.lower, steps.upper
    for k in range(len(order)):
        for t in range(starts[k, 0], starts[k + 1, 0]):
            subtract_product(x, lower[t, 1], matrix, lower[t, 0], x, order[k])
    for k in range(len(order) - 1, -1, -1):
        multiply(x, order[k], pivots, order[k])
        for t in range(starts[k, 2], starts[k + 1, 2]):
            subtract_product(x, upper[t, 1], matrix, upper[t, 0], x, order[k])
