"""How much of the surface each outer face of the cells behind it holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.partial.planes import Planes
from cartflow.geometries.voxels.faces import VoxelFaces

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# A piece is changed for its cell's volume by no more than this factor.
_MOST = 1.4


def pieces_of(
    faces: VoxelFaces, cells: Ints, planes: Planes, site: Ints, edges: Floats, excess: Floats
) -> Floats:
    """Return the area of the surface at every face out of the cells, mm2 (in a plane mm).

    `cells` (axes, n) are the cells' places on the grid, `site` (grid) numbers the plane nearest to
    each place, `edges` are those of a voxel, mm. A face of area A along e holds ``A n.e``; n is
    that of the planes nearest to its two sides, turned by their curvature k as far as the face is
    from them. A cell that holds `excess` (n,) mm3 more than its voxel reaches further out, and its
    pieces are larger by ``k excess``.
    """
    behind = cells[:, faces.owner]
    beyond = behind.copy()
    beyond[faces.axis, np.arange(faces.axis.size)] += faces.side
    middle: Floats = np.asarray(0.5 * (behind + beyond), dtype=float)
    normal, bend = np.zeros(behind.shape), np.zeros(faces.axis.size)
    for end in (behind, beyond):
        turned, curvature = _at(middle, planes, site[tuple(end)], edges)
        normal += turned
        bend += 0.5 * curvature
    out = normal[faces.axis, np.arange(faces.axis.size)] * faces.side
    pieces = faces.areas * np.maximum(out, 0.0) / np.linalg.norm(normal, axis=0)
    more = np.bincount(faces.owner, pieces * bend, excess.size) * excess
    held = np.bincount(faces.owner, pieces, excess.size)
    factor = 1.0 + np.divide(more, held**2, out=np.zeros_like(more), where=held > 0)
    return np.asarray(pieces * np.clip(factor, 1.0 / _MOST, _MOST)[faces.owner])


def _at(middle: Floats, planes: Planes, number: Ints, edges: Floats) -> tuple[Floats, Floats]:
    """Return the normals beside the places `middle` (axes, faces) and the curvatures, 1/mm."""
    normal, curvature = planes.normal[:, number], planes.curvature[number]
    along = (middle - planes.places[:, number]) * edges[:, None]
    along -= normal * (normal * along).sum(axis=0)
    turned = normal + curvature * along
    return turned / np.linalg.norm(turned, axis=0), curvature
