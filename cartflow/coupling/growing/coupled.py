"""A body and a tumour whose volume follows its cells."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from cartflow.coupling.coupled import Coupled
from cartflow.coupling.growing.arrays import Arrays, arrays_of
from cartflow.coupling.growing.growth import Growth
from cartflow.coupling.growing.radii import radius_of
from cartflow.coupling.growing.repacked import repacked
from cartflow.coupling.state import State

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class GrowingCoupled(Coupled):
    """A coupled system whose tumour grows, with its vessels and its rim.

    States hold the tumour's densities per mm^3 of tissue as it was at the start, so that amounts
    are their sums over the mesh of the start; `densities` returns those of now. `vessels` (n, n)
    is by what the body's rates change for every volume of the start that the tumour gains.
    """

    growth: Growth
    vessels: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @cached_property
    def arrays(self) -> Arrays:
        """The numbers that its steps read."""
        vessels = self.vessels if self.vessels.size else np.zeros_like(self.network.rates)
        return arrays_of(self, self.growth, vessels)

    def stretch(self, state: State) -> float:
        """Return how many times as long lengths are as at the start."""
        return float(state.expansion ** (1.0 / self.growth.dimensions))

    def arrived(self, state: State) -> State:
        """Return the state with a volume that its cells fill, whatever was done to them at once."""
        return repacked(super().arrived(state), self.growth, self.volumes)

    @cached_property
    def edge(self) -> float:
        """The radius, or length, at the start, mm."""
        geometry = self.engine.problem.geometry
        last = geometry.coordinates[geometry.dims[0]][-1]
        ends = (
            faces
            for faces in geometry.boundaries.values()
            if faces.cells[0] == self.volumes.size - 1
        )
        return float(last + next(ends).distances[0])

    def radii(self, state: State) -> dict[str, float]:
        """Return where each of the levels lies, mm from the centre or the first edge."""
        geometry, stretch = self.engine.problem.geometry, self.stretch(state)
        at, now = geometry.coordinates[geometry.dims[0]] * stretch, self.densities(state)
        return {
            name: radius_of(level, now[level.species], at, self.edge * stretch)
            for name, level in self.growth.levels.items()
        }


def growing(coupled: Coupled, growth: Growth, vessels: Array) -> GrowingCoupled:
    """Return the system with a tumour that grows."""
    own = {f.name: getattr(coupled, f.name) for f in fields(Coupled) if f.init}
    return GrowingCoupled(**own, growth=growth, vessels=vessels)
