"""Totals over the mesh."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import summing

Array = np.ndarray


def totals(values: Array, weights: Array) -> Array:
    """Return the sums over the cells of `values` (rows, cells) times `weights` (cells).

    The threads of a linear algebra library would go on waiting in a circle after so short a
    product, and take their cores from the loops that follow.
    """
    found = np.empty(len(values))
    _add_up(np.ascontiguousarray(values), weights, found)
    return found


@summing
def _add_up(values: Array, weights: Array, found: Array) -> None:
    for row in range(values.shape[0]):
        total = 0.0
        for c in range(values.shape[1]):
            total += values[row, c] * weights[c]
        found[row] = total
