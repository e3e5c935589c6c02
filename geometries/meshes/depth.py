"""How deep cells lie below a mesh's surface: the distance to its nearest outer face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import serial
from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.meshes.measures import Measures

Floats = NDArray[np.float64]

# So many faces are tried, those with the nearest middles first. What is left out after the last
# could be nearer by what a face's middle is farther than its edge, seen from deep inside.
_TRIED = (8, 64)


def depths(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the distance (n,) from each cell's centre to the nearest outer face, mm."""
    from scipy.spatial import KDTree

    pieces = _pieces(mesh, sizes)
    middles = pieces.mean(axis=1)
    reach = float(np.linalg.norm(pieces - middles[:, None], axis=2).max())
    tree = KDTree(middles)
    found = np.full(mesh.size, np.inf)
    left = np.arange(mesh.size)
    for tried in _TRIED:
        number = min(tried, len(pieces))
        points = np.ascontiguousarray(sizes.centres[left])
        far, near = (x.reshape(left.size, number) for x in tree.query(points, k=number))
        found[left] = _nearest(points, pieces, near)
        left = left[(far[:, -1] - reach < found[left]) & (number < len(pieces))]
    return found


def _pieces(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the outer faces as triangles (pieces, 3, d); edges as flat ones."""
    faces = mesh.faces[~mesh.inner]
    if sizes.points.shape[1] == 2:
        return np.ascontiguousarray(sizes.points[faces[:, [0, 1, 1]]])
    corners = [faces[:, :3]]
    if faces.shape[1] == 4:
        corners.append(faces[faces[:, 3] >= 0][:, [0, 2, 3]])
    return np.ascontiguousarray(sizes.points[np.concatenate(corners)])


@serial
def _nearest(points: Floats, pieces: Floats, near: NDArray[np.int64]) -> Floats:
    """Return the least distance of each point (n, d) to the pieces that are `near` (n, k)."""
    found = np.empty(points.shape[0])
    for i in range(points.shape[0]):
        least = np.inf
        for k in range(near.shape[1]):
            piece = pieces[near[i, k]]
            least = min(least, _squared(points[i], piece[0], piece[1], piece[2]))
        found[i] = np.sqrt(least)
    return found


@serial
def _squared(here: Floats, a: Floats, b: Floats, c: Floats) -> float:
    """Return the square of the distance to a triangle: over it, or to its nearest edge."""
    aa, ab, bb, pa, pb, pp = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for d in range(here.size):
        one, two, apart = b[d] - a[d], c[d] - a[d], here[d] - a[d]
        aa, ab, bb = aa + one * one, ab + one * two, bb + two * two
        pa, pb, pp = pa + apart * one, pb + apart * two, pp + apart * apart
    volume = aa * bb - ab * ab
    if volume > 1e-14 * aa * bb:
        s, t = (bb * pa - ab * pb) / volume, (aa * pb - ab * pa) / volume
        if s >= 0.0 and t >= 0.0 and s + t <= 1.0:
            return max(pp - s * pa - t * pb, 0.0)
    return min(_to_edge(here, a, b), _to_edge(here, b, c), _to_edge(here, c, a))


@serial
def _to_edge(here: Floats, a: Floats, b: Floats) -> float:
    square, along = 0.0, 0.0
    for d in range(here.size):
        square += (b[d] - a[d]) ** 2
        along += (b[d] - a[d]) * (here[d] - a[d])
    share = min(max(along / square, 0.0), 1.0) if square > 0.0 else 0.0
    total = 0.0
    for d in range(here.size):
        total += (here[d] - a[d] - share * (b[d] - a[d])) ** 2
    return total
