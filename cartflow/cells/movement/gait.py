"""How the cells of each kind move, in numbers that kernels read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Gait:
    """One entry for each kind of cells: diffusivity (mm2/day), speed (mm/day), persistence (day).

    A kind with a persistence walks straight on at its speed, and turns anywhere alike after an
    exponential time of that mean, and a `pause` (day) if it makes any, likewise: D = speed^2
    persistence^2 / (3 (persistence + pause)). With a `bias` (0 to 1) it turns more the way in which
    it would drift, and is not carried. `ways` (kinds, walls) say what each
    wall does: reflect, stop, or let through as a film of the coefficients `films` (kinds, walls) in
    mm/day. `drifts` (kinds) is the row of its velocities, -1 without.
    """

    diffusivity: Array
    speed: Array
    persistence: Array
    pause: Array
    bias: Array
    ways: Array
    films: Array
    drifts: Array

    @property
    def moves(self) -> bool:
        """Whether any kind moves."""
        return bool((self.diffusivity > 0).any() or (self.speed > 0).any() or self.drifting)

    @property
    def drifting(self) -> bool:
        """Whether any kind drifts."""
        return bool((self.drifts >= 0).any())

    @property
    def stops(self) -> bool:
        """Whether any wall takes cells up."""
        return bool((self.ways != 0).any())

    @property
    def effective(self) -> Array:
        """The diffusivity of each kind, in the long run."""
        length = self.speed**2 * self.persistence**2
        cycle = 3.0 * (self.persistence + self.pause)
        walked = np.divide(length, cycle, out=np.zeros_like(length), where=cycle > 0)
        return np.maximum(self.diffusivity, walked)
