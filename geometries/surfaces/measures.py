"""The shape of a segmentation in the published numbers of image biomarkers (IBSI)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.surfaces.marching import mesh_area_and_volume

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ShapeMeasures:
    """Of the marching-cubes mesh of a binary mask, as the IBSI defines them (Zwanenburg 2020).

    `mesh_area` in mm2 (on a ball some 8 % above the true one, so no flux acts on it),
    `mesh_volume` in mm3, `diameter` (mm) the largest distance between two vertices.
    """

    mesh_area: float
    mesh_volume: float
    diameter: float

    @property
    def sphericity(self) -> float:
        """``(36 pi V^2)^(1/3) / A``: 1 for a ball."""
        return float((36.0 * np.pi * self.mesh_volume**2) ** (1.0 / 3.0) / self.mesh_area)


def measure_mask(inside: NDArray[np.bool_], voxel: Floats) -> ShapeMeasures:
    """Return the measures of a binary mask with voxels of `voxel` mm."""
    area, volume = mesh_area_and_volume(inside, voxel)
    return ShapeMeasures(mesh_area=area, mesh_volume=volume, diameter=_diameter(inside, voxel))


def _diameter(inside: NDArray[np.bool_], voxel: Floats) -> float:
    """Return the largest distance between the middles of two outer faces, which the mesh joins."""
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import cdist

    padded = np.pad(inside, 1)
    parts = []
    for axis in range(padded.ndim):
        step = np.eye(padded.ndim)[axis]
        parts.append(np.argwhere(np.diff(padded, axis=axis)) + 0.5 * step)
    points = np.concatenate(parts) * voxel
    corners = points[ConvexHull(points).vertices]
    return max(
        float(cdist(corners[n : n + 500], corners).max()) for n in range(0, len(corners), 500)
    )
