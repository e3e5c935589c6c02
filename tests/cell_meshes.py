"""Meshes of cells for tests: cubes, squares and balls in simplices, with vertices moved at random."""

from itertools import permutations

import numpy as np

from cartflow.geometries.meshes.building import cell_mesh
from cartflow.geometries.meshes.geometry import NamedMesh, mesh_geometry
from cartflow.geometries.meshes.kinds import TETRA, TRIANGLE


def simplices(n, dimension):
    """Return vertices in the unit cube of so many dimensions and Kuhn's simplices (n^d d!)."""
    axis = np.arange(n + 1)
    points = np.stack(np.meshgrid(*[axis] * dimension, indexing="ij"), -1).reshape(-1, dimension)
    places = (n + 1) ** np.arange(dimension)[::-1]
    corners = points[(points < n).all(axis=1)]
    found = []
    for order in permutations(range(dimension)):
        steps = np.cumsum([np.zeros(dimension, int), *np.eye(dimension, dtype=int)[list(order)]], 0)
        found.append((corners[:, None] + steps) @ places)
    return points / n, np.concatenate(found)


def jittered(points, inside, far, seed=1):
    """Return `points` with those `inside` moved by up to `far` along each axis."""
    noise = np.random.default_rng(seed).uniform(-far, far, points.shape)
    return points + noise * inside[:, None]


def cube(n, jitter=0.2, dimension=3):
    """Return vertices (n, 3) and cells of a unit cube, or of a unit square in the plane z = 0."""
    points, cells = simplices(n, dimension)
    inside = ((points > 1e-9) & (points < 1 - 1e-9)).all(axis=1)
    points = jittered(points, inside, jitter / n)
    return np.pad(points, ((0, 0), (0, 3 - dimension))), cells


def ball_cells(n, jitter=0.15, radius=1.0):
    """Return vertices and tetrahedra (8 n^3) of a ball: an octahedron, bent."""
    points, cells = simplices(n, 3)
    a, b, c = points.T
    corner = cells[((a >= b - 1e-9) & (b >= c - 1e-9))[cells].all(axis=1)]
    octant = np.stack([a - b, b - c, c], axis=1)
    keys, found = [], []
    for signs in np.stack(np.meshgrid(*[[-1, 1]] * 3), -1).reshape(-1, 3):
        found.append(corner + len(points) * len(found))
        keys.append(np.rint(octant * signs * n).astype(int))
    whole, number = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    cells = number.ravel()[np.concatenate(found)]
    one, two = np.abs(whole).sum(axis=1), np.linalg.norm(whole, axis=1)
    points = whole * (one / np.maximum(two, 1e-9) / n)[:, None]
    points = jittered(points, one < n, jitter / n)
    return radius * points, cells


def geometry_of(points, cells, kind=TETRA, regions=None, surfaces=None, thickness=None):
    """Return the geometry of cells of one kind."""
    mesh = cell_mesh(points, cells, np.full(len(cells), kind), thickness)
    return mesh_geometry(NamedMesh(mesh=mesh, regions=regions or {}, surfaces=surfaces or {}))


def tetrahedra(n, jitter=0.2):
    """Return a unit cube of 6 n^3 tetrahedra."""
    return geometry_of(*cube(n, jitter))


def triangles(n, jitter=0.2, thickness=0.5):
    """Return a unit square of 2 n^2 triangles."""
    return geometry_of(*cube(n, jitter, 2), TRIANGLE, thickness=thickness)


def ball_of_tetrahedra(n, jitter=0.15, radius=1.0):
    """Return a ball of 8 n^3 tetrahedra."""
    return geometry_of(*ball_cells(n, jitter, radius))
