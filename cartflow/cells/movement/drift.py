"""Drift by chemotaxis at the faces of the mesh, in the order that kernels read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.cells.room.grid import Grid
from cartflow.cells.room.row import Row
from cartflow.geometries.geometry import Geometry
from cartflow.pde.chemotaxis import Chemotaxis

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Drift:
    """The velocities of kinds of cells up gradients: `laws`, with the row of each attractant.

    Velocities are those of the engines at the faces of the mesh, zero at walls, and linear from
    face to face between them.
    """

    geometry: Geometry
    room: Row | Grid
    laws: Sequence[tuple[Chemotaxis, int]]

    def velocity(self, tumour: Array) -> Array:
        """Return mm/day at the densities `tumour` (species, mesh cells), as `walk` reads them."""
        if isinstance(self.room, Row):
            found = np.zeros((len(self.laws), self.room.edges.size))
        else:
            found = np.zeros((len(self.laws), len(self.room.voxels), 6))
        for number, (law, row) in enumerate(self.laws):
            speeds = law.face_velocity(tumour[row], self.geometry.connectivity)
            if isinstance(self.room, Row):
                edge, sign = self._edges
                found[number, edge] = sign * speeds
            else:
                lower, upper, axis, sign = self._faces
                found[number, lower, 2 * axis + 1] = sign * speeds
                found[number, upper, 2 * axis] = sign * speeds
        return found

    @cached_property
    def _edges(self) -> tuple[Array, Array]:
        faces = self.geometry.connectivity
        edge = np.maximum(faces.owner, faces.neighbour)
        return edge, np.where(faces.neighbour > faces.owner, 1.0, -1.0)

    @cached_property
    def _faces(self) -> tuple[Array, Array, Array, Array]:
        """Return the cells at the low and high side of every face, its axis, and its sign."""
        assert isinstance(self.room, Grid)
        faces = self.geometry.connectivity
        way = self.room.voxels[faces.neighbour] - self.room.voxels[faces.owner]
        axis = np.argmax(np.abs(way), axis=1)
        sign = np.sign(way.sum(axis=1)).astype(float)
        forwards = sign > 0
        lower = np.where(forwards, faces.owner, faces.neighbour)
        upper = np.where(forwards, faces.neighbour, faces.owner)
        return lower, upper, axis, sign
