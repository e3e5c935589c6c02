"""Where cells are followed one by one, and where they are many enough for a density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray

# A density comes back only where there are so many times as many cells as the threshold.
BACK = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Threshold:
    """Cells of one kind are few in a region that holds fewer than `cells` of them.

    `cells` (mesh cells) is the threshold, and `group` (mesh cells) numbers the regions, of which
    each switches as a whole: in the least one mesh cell each, at most the whole tumour.
    """

    cells: Array
    group: Array

    def many(self, numbers: Array, before: Array) -> Array:
        """Return where (bool per mesh cell) `numbers` of cells (mesh cells) are many.

        What was few `before` is many from twice the threshold on, so that it does not flicker.
        """
        held = np.bincount(self.group, numbers)[self.group]
        return np.asarray(held >= np.where(before, self.cells, BACK * self.cells))
