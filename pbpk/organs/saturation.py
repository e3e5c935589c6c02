"""Compiled binding to places that fill up: what keeps as much from being bound as there is bound.

Binding k (R - b) f of what is free (f) to R places, b of them taken, is k R f, which is linear and
part of transport, less k f b, which is here.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import in_place

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


@in_place
def saturate(change: Array, y: Array, saturations: Places, rates: Array) -> None:
    """Add what the places taken keep free, k f b, to the change of the state (rows, lanes)."""
    for s in range(len(saturations)):
        free, bound = saturations[s, 0], saturations[s, 1]
        for lane in range(y.shape[1]):
            kept = rates[s, lane] * y[free, lane] * y[bound, lane]
            change[free, lane] += kept
            change[bound, lane] -= kept


@in_place
def add_slopes(matrix: Array, y: Array, saturations: Places, rates: Array) -> None:
    """Add the slopes of `saturate` to the standing part of a matrix (entries, lanes).

    Columns 2 to 5 of `saturations` are the entries of free and bound: to each from each.
    """
    for s in range(len(saturations)):
        for lane in range(y.shape[1]):
            to_free = rates[s, lane] * y[saturations[s, 1], lane]
            to_bound = rates[s, lane] * y[saturations[s, 0], lane]
            matrix[saturations[s, 2], lane] -= to_free
            matrix[saturations[s, 3], lane] -= to_bound
            matrix[saturations[s, 4], lane] += to_free
            matrix[saturations[s, 5], lane] += to_bound
