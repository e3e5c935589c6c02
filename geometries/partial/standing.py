"""Which depth the value of a cell at a cut surface stands for, where the surface holds a value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# In shortest edges: how much deeper than its centre a cell stands whose centre is at the surface,
# how fast that falls with depth, and where it is least; then it rises to nothing.
_LEAST, _FALL, _TURN = 0.23, 0.42, 0.8


def shifts(depth: Floats, edge: float) -> Floats:
    """Return how much deeper than its centre each cell stands, mm; cells at `depth` mm.

    A cell with its centre at a surface of fixed value would be tied to it by no distance, and a
    step could be no longer than none. So cells nearer than 0.55 of the (shortest) edge stand for
    tissue up to 0.23 of it deeper, and those down to 1.74 of it for tissue a little less deep, so
    that over all depths nothing is moved; the depth that a cell stands for rises with its own, by
    0.58 as much at least.
    """
    zero = _LEAST / _FALL
    lowest = _FALL * (_TURN - zero)
    # What is moved outwards makes up for what is moved inwards.
    end = zero + _LEAST * zero / lowest
    moved = np.interp(depth / edge, [0.0, _TURN, end], [_LEAST, -lowest, 0.0])
    return np.asarray(edge * moved)
