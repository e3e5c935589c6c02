"""Negative amounts filled up from their neighbours, so that the total stays."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import in_place
from cartflow.core.dual import positive

Array = np.ndarray

_SWEEPS = 4


@in_place
def fill(values: Array, volumes: Array, ahead: Array, behind: Array) -> float:
    """Fill negative `values` (one per cell) from the cells beside them, in place.

    `ahead` and `behind` (axes, cells) hold each cell's neighbours, or the cell itself at a rim.
    Returns the amount that was moved. What a few sweeps over the neighbours cannot fill is taken
    from all cells in proportion, as long as the total allows it. Values may be dual numbers.
    """
    moved = 0.0
    for _ in range(_SWEEPS):
        short = False
        for c in range(values.size):
            if values[c].real < 0.0:
                moved += _fill_one(values, volumes, ahead, behind, c)
                short = short or values[c].real < 0.0
        if not short:
            return moved
    have, need = 0.0, 0.0
    for c in range(values.size):
        if values[c].real > 0.0:
            have += values[c] * volumes[c]
        else:
            need -= values[c] * volumes[c]
    if need.real >= have.real:
        return np.inf
    for c in range(values.size):
        values[c] = positive(values[c]) * (1.0 - need / have)
    return moved + need


@in_place
def _fill_one(values: Array, volumes: Array, ahead: Array, behind: Array, c: int) -> float:
    """Fill one cell from its neighbours, each in proportion to what it has."""
    have = 0.0
    for a in range(ahead.shape[0]):
        for n in (ahead[a, c], behind[a, c]):
            if values[n].real > 0.0:
                have += values[n] * volumes[n]
    need = -values[c] * volumes[c]
    taken = need if need.real < have.real else have
    if taken.real <= 0.0:
        return 0.0
    for a in range(ahead.shape[0]):
        for n in (ahead[a, c], behind[a, c]):
            if values[n].real > 0.0:
                values[n] *= 1.0 - taken / have
    values[c] += taken / volumes[c]
    return taken


def lowest(amounts: Array) -> Array:
    """Return the smallest value of each species; nan where one is not finite."""
    least, most = amounts.min(axis=1), amounts.max(axis=1)
    return np.where(np.isfinite(least) & np.isfinite(most), least, np.nan)
