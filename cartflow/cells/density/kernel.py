"""Densities of cells: counted on the mesh, and spread by a kernel that keeps them all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cartflow.geometries.geometry import Geometry

Array = np.ndarray
_SHARE = 0.5  # that a mesh cell gives away at most in one of the kernel's steps


@dataclass(frozen=True, kw_only=True, eq=False)
class Kernel:
    """Spreads counts over neighbours as diffusion would, by a standard deviation of `width` (mm).

    A cell counts in its own mesh cell first, so that no kernel is narrower than that. What is
    spread stays: the sum over the mesh is that of the counts, no part is negative, and walls are
    closed.
    """

    geometry: Geometry
    width: float = 0.0

    def densities(self, counts: Array) -> Array:
        """Return cells per mm3 (kinds, mesh cells) from numbers of cells."""
        spread = counts.astype(float)
        if self.width > 0.0:
            matrix, times = self._matrix
            for _ in range(times):
                spread = (matrix @ spread.T).T
        return spread / self.geometry.cell_volumes

    @cached_property
    def _matrix(self) -> tuple[Any, int]:
        """Return what spreads counts once, and how often it must."""
        from scipy.sparse import csr_array

        faces, volumes = self.geometry.connectivity, self.geometry.cell_volumes
        passed = faces.conductances
        pairs = [(faces.neighbour, faces.owner), (faces.owner, faces.neighbour)]
        rows = np.concatenate([rows for rows, _ in pairs])
        columns = np.concatenate([columns for _, columns in pairs])
        rates = np.concatenate([passed, passed]) / volumes[columns]
        size = volumes.size
        leaving = np.bincount(columns, rates, size)
        area = 0.5 * self.width**2
        times = max(1, math.ceil(area * leaving.max() / _SHARE))
        share = area / times
        onward = csr_array((share * rates, (rows, columns)), shape=(size, size))
        kept = csr_array((1.0 - share * leaving, (np.arange(size),) * 2), shape=(size, size))
        return csr_array(kept + onward), times
