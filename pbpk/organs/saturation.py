"""Compiled binding to places that fill up: what keeps as much from being bound as there is bound.

Binding k (R - b) f of what is free (f) to R places, b of them taken, is k R f, which is linear and
part of transport, less k f b, which is here.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import njit

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


@njit(error_model="numpy", cache=True)
def saturate(change: Array, y: Array, saturations: Places, rates: Array) -> None:
    """Add what the places taken keep free, k f b, to the change of the state (rows, lanes)."""
    for s in range(len(saturations)):
        free, bound = saturations[s, 0], saturations[s, 1]
        for lane in range(y.shape[1]):
            kept = rates[s, lane] * y[free, lane] * y[bound, lane]
            change[free, lane] += kept
            change[bound, lane] -= kept


@njit(error_model="numpy", cache=True)
def saturated(transport: Array, y: Array, saturations: Places, rates: Array) -> Array:
    """Return the standing part of the matrix (entries, lanes) with the slopes of `saturate`.

    Columns 2 to 5 of `saturations` are the entries of free and bound: to each from each.
    """
    if len(saturations) == 0:
        return transport
    result = transport.copy()
    for s in range(len(saturations)):
        for lane in range(y.shape[1]):
            to_free = rates[s, lane] * y[saturations[s, 1], lane]
            to_bound = rates[s, lane] * y[saturations[s, 0], lane]
            result[saturations[s, 2], lane] -= to_free
            result[saturations[s, 3], lane] -= to_bound
            result[saturations[s, 4], lane] += to_free
            result[saturations[s, 5], lane] += to_bound
    return result
