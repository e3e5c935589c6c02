"""What a step of the body comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def nothing() -> Array:
    """Return the amounts of what circulates where nothing does."""
    return np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class BodyStep:
    """Cells and residents after a step, and what happened to products (products,) in it.

    `lost` are dead in organs or have left the body, `handed_over` have left a tumour's vessels
    (of several tumours: products of the first, of the second, ...);
    `died` are dead by kinetics. `taken` and `refused` are the steps of the stiff integrator.
    `carried` are the amounts of what circulates; kinetics `made` and `used` so much of each,
    `eliminated` has left for good, and `entered` the vessels of the tumour for its tissue.
    """

    cells: Array
    residents: Array
    born: Array
    died: Array
    converted: Array
    lost: Array
    handed_over: Array
    taken: int = 0
    refused: int = 0
    carried: Array = field(default_factory=nothing)
    made: Array = field(default_factory=nothing)
    used: Array = field(default_factory=nothing)
    eliminated: Array = field(default_factory=nothing)
    entered: Array = field(default_factory=nothing)
