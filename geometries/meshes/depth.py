"""How deep cells lie below a mesh's surface: the distance to its nearest outer face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.meshes.cell_mesh import CellMesh
from cartflow.geometries.meshes.measures import Measures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FIRST = 8  # nearest pieces that are tried at first
_BATCH = 20_000


def depths(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the distance (n,) from each cell's centre to the nearest outer face, mm, exactly."""
    from scipy.spatial import KDTree

    pieces = _pieces(mesh, sizes)
    middles = pieces.mean(axis=1)
    reach = np.linalg.norm(pieces - middles[:, None], axis=2).max()
    tree = KDTree(middles)
    found = np.full(mesh.size, np.inf)
    open_cells, number = np.arange(mesh.size), min(_FIRST, len(pieces))
    while open_cells.size:
        left = []
        for batch in np.split(open_cells, range(_BATCH, open_cells.size, _BATCH)):
            points = sizes.centres[batch]
            far, near = (x.reshape(batch.size, number) for x in tree.query(points, k=number))
            found[batch] = _distances(points, pieces[near]).min(axis=1)
            # A piece whose middle is farther may reach no nearer than this.
            left.append(batch[(far[:, -1] - reach < found[batch]) & (number < len(pieces))])
        open_cells, number = np.concatenate(left), min(4 * number, len(pieces))
    return found


def _pieces(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the outer faces as line pieces or triangles (pieces, d, d)."""
    faces = mesh.faces[~mesh.inner]
    if sizes.points.shape[1] == 2:
        return np.asarray(sizes.points[faces[:, :2]])
    corners = [faces[:, :3]]
    if faces.shape[1] == 4:
        corners.append(faces[faces[:, 3] >= 0][:, [0, 2, 3]])
    return np.asarray(sizes.points[np.concatenate(corners)])


def _distances(points: Floats, pieces: Floats) -> Floats:
    """Return the distances (n, k) of points (n, d) to their pieces (n, k, d, d)."""
    here = points[:, None]
    edges = [(i, (i + 1) % pieces.shape[2]) for i in range(pieces.shape[2])]
    nearest = np.min(
        [_to_line(here, pieces[..., a, :], pieces[..., b, :]) for a, b in edges], axis=0
    )
    if pieces.shape[2] == 3:
        height, above = _over_triangle(here, pieces)
        nearest = np.where(above, height, nearest)
    return np.asarray(nearest)


def _to_line(here: Floats, a: Floats, b: Floats) -> Floats:
    along = b - a
    square = np.maximum((along**2).sum(axis=-1), 1e-300)
    share = np.clip(((here - a) * along).sum(axis=-1) / square, 0.0, 1.0)
    return np.asarray(np.linalg.norm(here - a - share[..., None] * along, axis=-1))


def _over_triangle(here: Floats, pieces: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the heights over the triangles' planes, and whether the foot lies within."""
    a, b, c = (pieces[..., i, :] for i in range(3))
    normal = np.cross(b - a, c - a)
    size = np.maximum(np.linalg.norm(normal, axis=-1), 1e-300)
    height = np.abs(((here - a) * normal).sum(axis=-1)) / size
    inside = np.ones(height.shape, dtype=bool)
    for start, end in ((a, b), (b, c), (c, a)):
        inside &= (np.cross(end - start, here - start) * normal).sum(axis=-1) >= 0.0
    return height, inside
