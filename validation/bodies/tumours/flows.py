"""Cells in volumes that fluid connects: the equations of a publication, solved by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import expm

Array = np.ndarray


@dataclass(kw_only=True)
class Flows:
    """Cells in named places, in mL and hours; places are made as they are named.

    Written from publications, not from the package's files: it shares no code with `pbpk`.
    """

    places: dict[str, int] = field(default_factory=dict)
    arcs: list[tuple[str, str, float]] = field(default_factory=list)

    def rate(self, source: str, target: str, rate: float) -> None:
        """Let cells pass from `source` to `target` at `rate` (1/h)."""
        for place in (source, target):
            self.places.setdefault(place, len(self.places))
        self.arcs.append((source, target, rate))

    def flow(self, source: str, target: str, flow: float, volume: float) -> None:
        """Let `flow` (mL/h) take cells out of the `volume` (mL) of `source`."""
        self.rate(source, target, flow / volume)

    def entered(self, entry: Mapping[str, float], hours: Sequence[float], tissue: str) -> Array:
        """Return the cells (times,) that came into `tissue`, returned ones again, of one given.

        `entry` is the share of the dose that each place gets at the start.
        """
        return self._solved(entry, hours, tissue)[:, -1]

    def held(self, entry: Mapping[str, float], hours: Sequence[float], place: str) -> Array:
        """Return the cells (times,) in `place` of one given."""
        return self._solved(entry, hours, place)[:, self.places[place]]

    def area(self, entry: Mapping[str, float], hours: Sequence[float], place: str) -> Array:
        """Return the integral of the cells in `place` (times,), in cells x h, of one given."""
        matrix = self._matrix()
        size = len(matrix)
        block = np.zeros((2 * size, 2 * size))
        block[:size, :size], block[size:, :size] = matrix, np.eye(size)
        start = np.concatenate([self._start(entry), np.zeros(size)])
        return np.array([(expm(block * t) @ start)[size + self.places[place]] for t in hours])

    def _solved(self, entry: Mapping[str, float], hours: Sequence[float], tissue: str) -> Array:
        matrix, size = self._matrix(), len(self.places)
        counted = np.zeros((size + 1, size + 1))
        counted[:size, :size] = matrix
        for source, target, rate in self.arcs:
            if target == tissue:
                counted[size, self.places[source]] += rate
        start = np.append(self._start(entry), 0.0)
        return np.array([expm(counted * t) @ start for t in hours])

    def _matrix(self) -> Array:
        matrix = np.zeros((len(self.places), len(self.places)))
        for source, target, rate in self.arcs:
            matrix[self.places[target], self.places[source]] += rate
            matrix[self.places[source], self.places[source]] -= rate
        return matrix

    def _start(self, entry: Mapping[str, float]) -> Array:
        start = np.zeros(len(self.places))
        for place, share in entry.items():
            start[self.places[place]] = share
        return start
