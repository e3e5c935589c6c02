"""By what kinds that may be densities hop, and come and go through walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.cells.hybrid.flows import Flows
from cartflow.cells.hybrid.hops import Ways
from cartflow.cells.hybrid.walls import Wall

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Hopping:
    """The `kinds` that hop, each with its flows, the row of its attractant (or -1), and its walls.

    The walls of a kind are its ways out, by number.
    """

    kinds: Sequence[int]
    flows: Sequence[Flows]
    attractants: Sequence[int]
    walls: Sequence[tuple[Wall, ...]]

    def ways(self, tumour: Array, kinds: int) -> Ways:
        """Return by what all of so many `kinds` hop at the densities `tumour` (species, cells)."""
        row = np.full(kinds, -1, dtype=np.int64)
        row[list(self.kinds)] = np.arange(len(self.kinds))
        passed = [
            flow.at(tumour[place]) if place >= 0 else still
            for flow, place, still in zip(self.flows, self.attractants, self._still, strict=True)
        ]
        return Ways(row=row, passed=np.array(passed), out=self._out)

    def steepest(self, tumour: Array) -> float:
        """Return by how much drift outruns diffusion from mesh cell to mesh cell, at most."""
        pairs = zip(self.flows, self.attractants, strict=True)
        return max((f.steepest(tumour[place]) for f, place in pairs if place >= 0), default=0.0)

    @cached_property
    def feeding(self) -> tuple[Wall, ...]:
        """The walls that let cells in."""
        return tuple(wall for each in self.walls for wall in each if wall.gain.any())

    @cached_property
    def _still(self) -> list[Array]:
        """What passes the faces without drift."""
        return [flow.at(None) for flow in self.flows]

    @cached_property
    def _out(self) -> Array:
        most = max(len(each) for each in self.walls)
        found = np.zeros((len(self.kinds), most, self.flows[0].mesh.volumes.size))
        for row, each in enumerate(self.walls):
            for way, wall in enumerate(each):
                found[row, way] = wall.loss
        return found
