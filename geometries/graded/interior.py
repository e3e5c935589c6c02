"""What is to be coarse: cells deeper than so much, apart from regions that stay fine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, require_known

Floats = NDArray[np.float64]
Inside = NDArray[np.bool_]
FACTORS = (2, 4, 8)


@dataclass(frozen=True, kw_only=True)
class Interior:
    """Cells deeper than `below` (mm) are up to `factor` voxels wide, but not those of `fine`.

    `fine` names labels. With `below` infinite every cell is fine, with 0 only those of `fine`.
    """

    factor: int
    below: float
    fine: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.factor not in FACTORS:
            msg = f"interior.factor: got {self.factor}; allowed are 2, 4 and 8"
            raise InputError(msg)
        if not (math.isfinite(self.below) and self.below >= 0.0):
            msg = f"interior.below: got {self.below:g} mm; it must be finite and at least 0"
            raise InputError(msg)

    @property
    def doublings(self) -> int:
        """How often a cell's edge is doubled at most."""
        return int(math.log2(self.factor))

    def kept_fine(
        self, depth: Floats, labels: NDArray[np.int64], names: Mapping[str, int]
    ) -> Inside:
        """Return which voxels (grid) stay cells, by their `depth`, mm, and their labels."""
        for name in self.fine:
            require_known(name, names, "label in interior.fine")
        chosen = np.isin(labels, [names[name] for name in self.fine])
        return np.asarray(chosen | (depth <= self.below))
