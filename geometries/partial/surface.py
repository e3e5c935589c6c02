"""The boundaries of a partial-volume mask: areas, and how far cells stand from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.geometry import Boundary, Geometry
from cartflow.geometries.partial.apertures import Cut
from cartflow.geometries.partial.pieces import pieces_of
from cartflow.geometries.partial.standing import shifts
from cartflow.geometries.voxels.cavities import enclosed
from cartflow.geometries.voxels.faces import CAVITY, OUTSIDE, outer_faces
from cartflow.geometries.voxels.planar import in_plane, without

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# In shortest edges: no cell's centre is nearer to the surface.
_NEAREST = 1e-3
# Areas of planes and of the mask that differ by more (logarithm) are not of one surface.
_ALIKE = 0.2


def cut_boundaries(
    plain: Geometry, found: Cut, sites: Ints, depth: Floats, voxel: Floats
) -> dict[str, Boundary]:
    """Return the boundaries of the mask with the areas and distances of the planes.

    `sites` (grid) numbers the plane nearest to each place. The pieces suit the mask's faces; all
    together they get the area of the planes.
    """
    flat = None if plain.flat is None else plain.dims.index(plain.flat)
    shortest = float(without(voxel, flat).min())
    plain = replace(plain, boundaries=_pieces(plain, found, sites, voxel, flat))
    nearest, areas = np.maximum(depth, _NEAREST * shortest), _areas(found, voxel, flat)
    return {
        name: Boundary(
            cells=part.cells,
            areas=part.areas * _factor(areas[name] / part.area),
            distances=nearest[part.cells],
            shifts=shifts(depth, shortest),
        )
        for name, part in plain.boundaries.items()
    }


def _pieces(
    plain: Geometry, found: Cut, sites: Ints, voxel: Floats, flat: int | None
) -> dict[str, Boundary]:
    """Return the boundaries with the pieces of the planes, in one layer those of its lines."""
    layer, inside = () if flat is None else (flat,), found.fractions >= 0.5
    inside = inside.squeeze(layer)
    cells = np.where(inside, np.cumsum(inside).reshape(inside.shape) - 1, OUTSIDE)
    cells[enclosed(inside)] = CAVITY
    edges, thick = np.delete(voxel, layer), 1.0 if flat is None else float(voxel[flat])
    faces = outer_faces(cells, edges)
    planes = replace(
        found.planes,
        places=np.delete(found.planes.places, layer, axis=0),
        normal=np.delete(found.planes.normal, layer, axis=0),
    )
    excess = plain.cell_volumes / thick - float(np.prod(edges))
    areas = thick * pieces_of(
        faces, np.argwhere(inside).T, planes, sites.squeeze(layer), edges, excess
    )
    beyond = {"rim": OUTSIDE, "wall": CAVITY}
    return {
        name: replace(part, areas=areas[faces.neighbour == beyond[name]])
        for name, part in plain.boundaries.items()
    }


def _factor(ratio: float) -> float:
    """Return by how much areas are scaled: not at all where a voxel holds two surfaces."""
    return ratio if abs(np.log(max(ratio, 1e-3))) < _ALIKE else 1.0


def _areas(found: Cut, voxel: Floats, flat: int | None) -> dict[str, float]:
    """Return the area of the planes at the rim, and of those at the walls of cavities, mm2."""
    from scipy.ndimage import distance_transform_edt

    less = found.fractions < 0.5
    cavity = in_plane(enclosed, ~less, flat)
    nearest = distance_transform_edt(
        ~less, sampling=voxel, return_distances=False, return_indices=True
    )
    at_wall = cavity[tuple(row[tuple(found.planes.places)] for row in nearest)]
    return {
        "rim": float(found.areas[~at_wall].sum()),
        "wall": float(found.areas[at_wall].sum()),
    }
