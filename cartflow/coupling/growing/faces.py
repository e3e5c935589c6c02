"""How densely what moves with the tissue passes a face of the mesh that the tissue passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.coupling.line.arrays import Mesh

Array = np.ndarray
_NOTHING = 1e-300


@dataclass(frozen=True, kw_only=True, eq=False)
class Passing:
    """At each face the cells `near` and `beyond` by the direction, and the share of the latter."""

    near: Array
    beyond: Array
    share: Array

    def through(self, densities: Array) -> Array:
        """Return the densities (species, faces) that pass."""
        near, beyond = densities[:, self.near], densities[:, self.beyond]
        return np.asarray(near + self.share * (beyond - near))


def passing(densities: Array, along: Array, mesh: Mesh, room: Array) -> Passing:
    """Return how `densities` (species, cells) pass the faces; `along` (faces,) is the way there.

    Linear between the two centres as far as the slope behind is as steep: second order, without
    new extremes. Species that take `room` have one limit together, so that what fills the tissue
    goes on filling it.
    """
    faces = np.arange(along.size)
    ahead = along >= 0.0
    near = np.where(ahead, faces, faces + 1)
    beyond = np.where(ahead, faces + 1, faces)
    behind = np.clip(np.where(ahead, faces - 1, faces + 2), 0, densities.shape[1] - 1)
    linear = np.where(ahead, mesh.before, mesh.after) / (mesh.before + mesh.after)
    limit = _limit(densities[:, near], densities[:, beyond], densities[:, behind])
    takes = room > 0.0
    limit[takes] = limit[takes].min(axis=0, initial=1.0)
    return Passing(near=near, beyond=beyond, share=limit * linear)


def _limit(near: Array, beyond: Array, behind: Array) -> Array:
    """Return how much of the linear value each face may have, none at an extreme (van Leer)."""
    one, other = near - behind, beyond - near
    size = np.abs(near) + np.abs(beyond) + np.abs(behind)
    flat = np.abs(other) <= 1e-12 * size
    both = one * other
    smooth = 2.0 * one / np.where(np.abs(one + other) > _NOTHING, one + other, 1.0)
    found = np.where(both > 0.0, np.minimum(smooth, 1.0), 0.0)
    return np.where(flat, 1.0, found)
