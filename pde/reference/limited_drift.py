"""What limited slopes add to an upwind drift, stated with NumPy on the mesh's faces."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.pde.operators.links import read_links
from cartflow.pde.operators.oblique import limited_slope, upwind_values

Array = np.ndarray


class LimitedDrift:
    """The limited part of the drift's flux, which a step may take from its start.

    At a face the limited value is u + a^2 b^2 / (|a|^3 + |b|^3), with the sign of the slopes a and
    b on both sides of the upwind cell, where they have one; the upwind value is u.
    """

    def __init__(self, geometry: Geometry) -> None:
        self._faces = geometry.connectivity
        self._volumes = geometry.cell_volumes
        faces = self._faces
        if faces.oblique is not None:
            return
        links = read_links(geometry)
        beyond = np.stack([links.behind, links.ahead])  # against the axis, along it
        along = (links.sign > 0).astype(int)
        self._behind_owner = beyond[1 - along, links.axis, faces.owner]
        self._behind_neighbour = beyond[along, links.axis, faces.neighbour]

    def gain(self, values: Array, velocity: Array) -> Array:
        """Return what the limited part brings to each cell, amount/mm^3/day; its total is zero.

        `velocity` (mm/day) at the interior faces counts from owner to neighbour.
        """
        faces = self._faces
        flux = faces.areas * velocity * self._slopes(values, velocity >= 0.0)
        net = np.bincount(faces.neighbour, flux, self._volumes.size)
        net -= np.bincount(faces.owner, flux, self._volumes.size)
        return np.asarray(net / self._volumes)

    def _slopes(self, values: Array, forth: Array) -> Array:
        """Return what the limited value at each face has beside the upwind one."""
        faces = self._faces
        if faces.oblique is not None:
            upwind = values[np.where(forth, faces.owner, faces.neighbour)]
            return upwind_values(values, forth, faces, faces.oblique) - upwind
        near = np.where(forth, faces.owner, faces.neighbour)
        next_one = np.where(forth, faces.neighbour, faces.owner)
        far = np.where(forth, self._behind_owner, self._behind_neighbour)
        before, after = values[near] - values[far], values[next_one] - values[near]
        return limited_slope(before, after)

    def step_limit(self, velocity: Array, courant: float = 0.5) -> float:
        """Return the step, in days, over which drift takes at most this share of any cell."""
        faces = self._faces
        flow = faces.areas * velocity
        out = np.bincount(faces.owner, np.maximum(flow, 0.0), self._volumes.size)
        out += np.bincount(faces.neighbour, np.maximum(-flow, 0.0), self._volumes.size)
        fastest = float(np.max(out / self._volumes))
        return courant / fastest if fastest > 0 else np.inf
