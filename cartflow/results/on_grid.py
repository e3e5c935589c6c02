"""Values of mesh cells on their grid, in memory that is used again."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.geometry import Geometry

Array = np.ndarray


class Grid:
    """The grid of a geometry, for one field at a time."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._whole = geometry.cell_of_place is None and bool(geometry.active.all())
        shape = (0,) if self._whole else geometry.active.shape
        self._room = np.full(shape, np.nan)

    def of(self, values: Array) -> Array:
        """Return `values` (cells) on the grid, nan outside, until the next are asked for."""
        if self._whole:
            return values.reshape(self._geometry.active.shape)
        self._room[self._geometry.active] = self._geometry.at_places(values)
        return self._room
