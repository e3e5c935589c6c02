"""Meshes of cells for tests: cubes, squares and balls in simplices, vertices moved at random."""

from itertools import permutations

import numpy as np

from cartflow.geometries.cell_kinds import TETRA, TRIANGLE
from cartflow.geometries.meshes.building import cell_mesh
from cartflow.geometries.meshes.geometry import NamedMesh, mesh_geometry


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


# Gmsh's types by VTK's kinds, and the dimensions of these; lines are 3.
GMSH = {3: 1, 5: 2, 9: 3, 10: 4, 12: 5, 13: 6, 14: 7}
DIMENSIONS = {3: 1, 5: 2, 9: 2, 10: 3, 12: 3, 13: 3, 14: 3}


def outer_faces(cells):
    """Return the triangles, or of triangles the edges, that only one simplex has."""
    size = cells.shape[1]
    sides = np.concatenate([np.delete(cells, i, axis=1) for i in range(size)])
    _, first, count = np.unique(
        np.sort(sides, axis=1), axis=0, return_index=True, return_counts=True
    )
    return sides[first[count == 1]]


def msh_2(points, groups, names, binary=False):
    """Return a file of Gmsh's version 2.2; `groups` are (kind, cells, tag), `names` by tag."""
    rows, number = [], 0
    for kind, cells, tag in groups:
        for cell in cells + 1:
            number += 1
            rows.append([number, GMSH[kind], 2, tag, tag, *cell.tolist()])
    head = _head("2.2", binary) + _names(groups, names)
    if not binary:
        nodes = "".join(
            f"{i + 1} {x!r} {y!r} {z!r}\n" for i, (x, y, z) in enumerate(points.tolist())
        )
        elements = "".join(" ".join(map(str, row)) + "\n" for row in rows)
        text = f"$Nodes\n{len(points)}\n{nodes}$EndNodes\n$Elements\n{len(rows)}\n{elements}"
        return head + text.encode() + b"$EndElements\n"
    table = np.zeros(len(points), dtype=np.dtype([("tag", "<i4"), ("at", "<f8", 3)]))
    table["tag"], table["at"] = np.arange(len(points)) + 1, points
    nodes = f"$Nodes\n{len(points)}\n".encode() + table.tobytes() + b"\n$EndNodes\n"
    parts = [np.array([r[1], 1, 2, r[0], *r[3:]], dtype="<i4").tobytes() for r in rows]
    elements = f"$Elements\n{len(rows)}\n".encode() + b"".join(parts) + b"\n$EndElements\n"
    return head + nodes + elements


def msh_4(points, groups, names, binary=False):
    """Return a file of Gmsh's version 4.1 with an entity for each of `groups` (see `msh_2`)."""
    out = _Numbers(binary)
    head = _head("4.1", binary) + _names(groups, names)
    counts = [sum(DIMENSIONS[kind] == d for kind, _, _ in groups) for d in range(4)]
    entities = out.longs(*counts)
    order = sorted(range(len(groups)), key=lambda i: DIMENSIONS[groups[i][0]])
    for i in order:
        tags = np.atleast_1d(groups[i][2]).tolist()
        tags = [t for t in tags if t]
        entities += out.ints(i + 1) + out.doubles(*[0.0] * 6)
        entities += out.longs(len(tags)) + out.ints(*tags) + out.longs(0)
    n = len(points)
    nodes = out.longs(1, n, 1, n) + out.ints(3, 1, 0) + out.longs(n)
    nodes += out.longs(*range(1, n + 1)) + out.doubles(*points.ravel().tolist())
    total = sum(len(cells) for _, cells, _ in groups)
    elements, number = out.longs(len(groups), total, 1, total), 0
    for i in order:
        kind, cells, _ = groups[i]
        elements += out.ints(DIMENSIONS[kind], i + 1, GMSH[kind]) + out.longs(len(cells))
        for cell in cells + 1:
            number += 1
            elements += out.longs(number, *cell.tolist())
    parts = {b"Entities": entities, b"Nodes": nodes, b"Elements": elements}
    return head + b"".join(
        b"$%b\n%b\n$End%b\n" % (name, part, name) for name, part in parts.items()
    )


class _Numbers:
    """Numbers as text or bytes."""

    def __init__(self, binary):
        self.binary = binary

    def ints(self, *numbers):
        return self._made(numbers, "<i4")

    def longs(self, *numbers):
        return self._made(numbers, "<i8")

    def doubles(self, *numbers):
        return self._made(numbers, "<f8")

    def _made(self, numbers, kind):
        if self.binary:
            return np.array(numbers, dtype=kind).tobytes()
        return "".join(f"{n!r} " for n in numbers).encode() + b"\n"


def _head(version, binary):
    one = b"\x01\0\0\0\n" if binary else b""
    return f"$MeshFormat\n{version} {int(binary)} 8\n".encode() + one + b"$EndMeshFormat\n"


def _names(groups, names):
    lines = {}
    for kind, _, tags in groups:
        for tag in np.atleast_1d(tags).tolist():
            if tag in names:
                lines[f'{DIMENSIONS[kind]} {tag} "{names[tag]}"\n'] = None
    return f"$PhysicalNames\n{len(lines)}\n{''.join(lines)}$EndPhysicalNames\n".encode()
