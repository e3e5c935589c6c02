"""Where a field of a tumour passes a level."""

from __future__ import annotations

import numpy as np

from cartflow.coupling.growing.growth import Level

Array = np.ndarray


def radius_of(level: Level, values: Array, at: Array, edge: float) -> float:
    """Return how far out a field is beyond its level, 0 where it is nowhere, `edge` at the rim.

    `values` stand `at` positions that rise (mm); between them they are lines, and at the edge as
    in the last cell.
    """
    beyond = values - level.value if level.above else level.value - values
    there = np.flatnonzero(beyond > 0.0)
    if not there.size:
        return 0.0
    last = int(there[-1])
    if last == values.size - 1:
        return edge
    share = beyond[last] / (beyond[last] - beyond[last + 1])
    return float(at[last] + share * (at[last + 1] - at[last]))
