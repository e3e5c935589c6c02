"""The rim of a voxel mask: the pieces of its surface that the mesh cells hold."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import require_known
from cartflow.geometries.geometry import Boundary
from cartflow.geometries.surfaces.smooth import Inside, face_shares
from cartflow.geometries.voxels.faces import VoxelFaces, faces_out

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Surface = Literal["smooth", "staircase"]


def rim(
    surface: Surface, faces: VoxelFaces, cell_of_voxel: Ints, voxel: Floats, block: Floats
) -> Boundary:
    """Return the boundary of all outer `faces`, with the areas of the smooth surface or their own.

    A face of area A that looks along e holds the piece ``A n.e`` of a surface with the normal
    n, and that piece lies ``h/2 n.e`` from the cell's centre (h the edge of the `block` along
    e): of all the places where a plane can cut the line to the next centre, the mean. So
    between centre and surface diffusion passes ``D A n.e / (h/2 n.e)``, what the whole face
    passes, while fluxes, films and feeding act on the surface's own area.
    """
    require_known(surface, get_args(Surface), "surface")
    out = faces.exterior
    whole = faces.areas[out]
    half = 0.5 * block[faces.axis[out]]
    if surface == "staircase":
        return Boundary(cells=faces.owner[out], areas=whole, distances=half)
    areas = _pieces(cell_of_voxel, voxel)
    # A face along the surface holds nothing of it, and nothing passes: any distance will do.
    share = np.where(areas > 0, areas / whole, 1.0)
    return Boundary(cells=faces.owner[out], areas=areas, distances=half * share)


def _pieces(cell_of_voxel: Ints, voxel: Floats) -> Floats:
    """Return the smooth area, mm2, at every outer face of the cells, in their order."""
    inside: Inside = cell_of_voxel >= 0
    shares = face_shares(inside, voxel)
    parts = []
    for axis, _, cells in faces_out(cell_of_voxel):
        pieces = np.bincount(cells, next(shares)) * float(np.prod(np.delete(voxel, axis)))
        parts.append(pieces[np.bincount(cells) > 0])
    return np.concatenate(parts)
