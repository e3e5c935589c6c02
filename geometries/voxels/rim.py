"""The surface of a voxel mask: the pieces of it that the mesh cells hold, at rim and walls."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import require_known
from cartflow.geometries.geometry import Boundary
from cartflow.geometries.surfaces.smooth import Inside, face_shares
from cartflow.geometries.voxels.faces import CAVITY, OUTSIDE, VoxelFaces, faces_out, outer_faces
from cartflow.geometries.voxels.planar import without
from cartflow.geometries.voxels.splitting import shares_of_split

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Surface = Literal["smooth", "staircase"]


def boundaries(
    surface: Surface,
    faces: VoxelFaces,
    cell_of_voxel: Ints,
    voxel: Floats,
    block: Floats,
    split: int = 1,
) -> dict[str, Boundary]:
    """Return ``rim``, the outer faces, and ``wall``, those of enclosed cavities if there are any.

    They have the areas of the smooth surface, or their own on the ``staircase``. A face of area A
    that looks along e holds the piece ``A n.e`` of a surface with the normal n, and that piece
    lies ``h/2 n.e`` from the cell's centre (h the edge of the `block` along e, of all cells or of
    each, (cells, axes)): of all the
    places where a plane can cut the line to the next centre, the mean. So between centre and
    surface diffusion passes ``D A n.e / (h/2 n.e)``, what the whole face passes, while fluxes,
    films and feeding act on the surface's own area. Where voxels were `split`, the surface is
    that of the whole ones.
    """
    require_known(surface, get_args(Surface), "surface")
    out = faces.exterior
    areas = whole = faces.areas[out]
    edges = np.broadcast_to(block, (int(cell_of_voxel.max()) + 1, cell_of_voxel.ndim))
    half = 0.5 * edges[faces.owner[out], faces.axis[out]]
    if surface == "smooth":
        areas = _pieces(cell_of_voxel, voxel, split)
        # A face along the surface holds nothing of it, and nothing passes: any distance will do.
        half = half * np.where(areas > 0, areas / whole, 1.0)
    beyond, owner = faces.neighbour[out], faces.owner[out]
    parts = {"rim": beyond == OUTSIDE, "wall": beyond == CAVITY}
    return {
        name: Boundary(cells=owner[part], areas=areas[part], distances=half[part])
        for name, part in parts.items()
        if part.any()
    }


def outer_boundaries(
    surface: Surface,
    of_voxels: Ints,
    voxel: Floats,
    edges: Floats,
    split: int,
    flat: int | None,
) -> dict[str, Boundary]:
    """Return the `boundaries` of the cells `of_voxels`, in a plane (across `flat`) of its edge.

    `edges` are those of all cells or of each, (cells, axes), mm.
    """
    plane = of_voxels if flat is None else np.squeeze(of_voxels, axis=flat)
    voxel_edges, block = without(voxel, flat), without(edges, flat)
    faces = outer_faces(plane, voxel_edges)
    found = boundaries(surface, faces, plane, voxel_edges, block, split)
    if flat is None:
        return found
    thick = float(voxel[flat])
    return {name: replace(part, areas=part.areas * thick) for name, part in found.items()}


def _pieces(cell_of_voxel: Ints, voxel: Floats, split: int) -> Floats:
    """Return the smooth area, mm2, at every outer face of the cells, in their order."""
    inside: Inside = cell_of_voxel >= 0
    shares = face_shares(inside, voxel) if split == 1 else shares_of_split(inside, voxel, split)
    parts = []
    for axis, _, cells, beyond in faces_out(cell_of_voxel):
        held, area = next(shares), float(np.prod(np.delete(voxel, axis)))
        for kind in (OUTSIDE, CAVITY):
            here = cells[beyond == kind]
            pieces = np.bincount(here, held[beyond == kind]) * area
            parts.append(pieces[np.bincount(here) > 0])
    return np.concatenate(parts)
