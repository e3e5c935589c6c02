"""How fast cells that hop pass the faces of the mesh, by diffusion and up a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.cells.hybrid.neighbours import Neighbours
from cartflow.geometries.geometry import Geometry
from cartflow.pde.operators.standing import stretches
from cartflow.pde.problem import Field

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Flows:
    """What passes the faces for cells of the field `item`, with `diffusivity` in mm2/day.

    A cell of mesh cell i hops to j at the rate a / V_i, a = g + q w, where g = D A / d is what
    diffusion passes, q what the drift carries from i to j (mm3/day), and w the weight of i in the
    value at the face: central differences. Where the drift from j to i would make that negative,
    |q| > g / w, a is 0, and what goes along with it max(q, g + q w) (Spalding's hybrid scheme).
    """

    item: Field
    diffusivity: float
    geometry: Geometry
    mesh: Neighbours

    def at(self, attractant: Array | None) -> Array:
        """Return a (neighbours,) in mm3/day, at the densities of the field's attractant."""
        spread = self._spread
        if attractant is None:
            return np.concatenate([spread, spread])[self.mesh.order]
        carried = self._carried(attractant)
        along, against = self._weights
        ahead = np.maximum(np.maximum(carried, spread + carried * along), 0.0)
        back = np.maximum(np.maximum(-carried, spread - carried * against), 0.0)
        return np.concatenate([ahead, back])[self.mesh.order]

    def steepest(self, attractant: Array) -> float:
        """Return the largest |q| w / g, above 1 where cells spread more than D says."""
        carried = np.abs(self._carried(attractant)) * np.maximum(*self._weights)
        none = np.where(carried > 0.0, np.inf, 0.0)
        ratio = np.divide(carried, self._spread, out=none, where=self._spread > 0.0)
        return float(ratio.max(initial=0.0))

    def _carried(self, attractant: Array) -> Array:
        assert self.item.chemotaxis is not None
        faces = self.geometry.connectivity
        return np.asarray(self.item.chemotaxis.face_velocity(attractant, faces) * faces.areas)

    @cached_property
    def _spread(self) -> Array:
        each = np.full(self.geometry.size, self.diffusivity)
        stretched = stretches(self.item, self.geometry, each)
        return np.asarray(self.diffusivity * stretched * self.geometry.connectivity.conductances)

    @cached_property
    def _weights(self) -> tuple[Array, Array]:
        """Return the weights of owner and neighbour in the value at each face."""
        faces = self.geometry.connectivity
        whole = faces.owner_distance + faces.neighbour_distance
        return faces.neighbour_distance / whole, faces.owner_distance / whole
