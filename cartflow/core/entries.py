"""Where a matrix has entries, in the layout that loops are compiled for."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def entries_of(pattern: Array) -> Array:
    """Return rows and columns (entries, 2) of a matrix where it is not nought, row after row.

    In C's order, always: `np.argwhere` gives Fortran's unless there are none or one, and numba
    compiles every loop once for each layout of each array that it is handed.
    """
    return np.ascontiguousarray(np.argwhere(pattern), dtype=np.int64)
