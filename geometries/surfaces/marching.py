"""Marching cubes of a binary mask: area and volume of the mesh, by counting cubes of each kind."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Corner c of a cube stands at (c & 1, c >> 1 & 1, c >> 2).
_CORNERS = np.array([[c & 1, c >> 1 & 1, c >> 2] for c in range(8)])
# The corners of each face, counter-clockwise seen from outside.
_FACES = (
    (0, 4, 6, 2),
    (1, 3, 7, 5),
    (0, 1, 5, 4),
    (2, 6, 7, 3),
    (0, 2, 3, 1),
    (4, 5, 7, 6),
)


def mesh_area_and_volume(inside: NDArray[np.bool_], voxel: Floats) -> tuple[float, float]:
    """Return area (mm2) and volume (mm3) of the marching-cubes mesh at 0.5 of a binary mask.

    Its vertices lie half-way between voxel centres inside and outside, `voxel` mm apart
    (Lorensen and Cline 1987). Where a face of a cube has two inner corners across, these
    are joined. The volume is ``1/3 sum x.N`` over the triangles, N their areas times normals.
    """
    codes = _codes(np.pad(inside, 1))
    areas, moments, normals = _kinds(tuple(float(h) for h in voxel))
    volume = float(moments @ np.bincount(codes.ravel(), minlength=256))
    for axis in range(3):
        across = tuple(a for a in range(3) if a != axis)
        place = np.arange(codes.shape[axis]) * voxel[axis]
        volume += float(place @ normals[codes, axis].sum(axis=across))
    return float(areas @ np.bincount(codes.ravel(), minlength=256)), volume / 3.0


def _codes(padded: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return, for each cube between eight centres, the sum of 2^c over its inner corners."""
    codes = np.zeros(tuple(n - 1 for n in padded.shape), dtype=np.uint8)
    for c, corner in enumerate(_CORNERS):
        part = tuple(slice(o, n - 1 + o) for o, n in zip(corner, padded.shape, strict=True))
        codes |= padded[part].astype(np.uint8) << np.uint8(c)
    return codes


@cache
def _kinds(voxel: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """Return area, ``sum x.N`` and ``sum N`` of the triangles in each of the 256 cubes."""
    areas, moments, normals = np.zeros(256), np.zeros(256), np.zeros((256, 3))
    for code in range(256):
        # Polygons around the outer corners keep inner corners across a face together.
        for loop in _loops(255 - code):
            points = _fan(np.array(loop)) * voxel
            for normal in 0.5 * _crosses(points):
                areas[code] += np.linalg.norm(normal)
                moments[code] += points[0] @ normal
                normals[code] += normal
    return areas, moments, normals


def _fan(loop: Floats) -> Floats:
    """Return a polygon from the vertex whose fan of triangles is largest in a unit cube.

    The published tables cut their bent polygons so: the areas of IBSI's reference tools follow.
    """
    places = np.arange(len(loop))
    turned = loop[(places[:, None] + places) % len(loop)]
    sizes = np.linalg.norm(_crosses(turned), axis=-1).sum(axis=-1)
    return np.asarray(turned[int(np.argmax(np.round(sizes, 9)))])


def _crosses(polygons: Floats) -> Floats:
    """Return the cross products (..., n - 2, 3) of the fans from the first of n vertices.

    Written out, since these are so few numbers that NumPy's function takes longest to begin.
    """
    (ax, ay, az), (bx, by, bz) = (
        np.moveaxis(polygons[..., part, :] - polygons[..., :1, :], -1, 0)
        for part in (slice(1, -1), slice(2, None))
    )
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _loops(code: int) -> list[list[Floats]]:
    """Return the closed polygons in a cube, as vertices on its edges, seen from outside."""
    onward: dict[frozenset[int], frozenset[int]] = {}
    for face in _FACES:
        held = [bool(code >> c & 1) for c in face]
        for i in range(4):
            if held[i] and not held[i - 1]:
                # The run of inner corners that begins here ends before the first outer one.
                last = next(k for k in range(1, 5) if not held[(i + k) % 4])
                begin = frozenset((face[i - 1], face[i]))
                end = frozenset((face[(i + last - 1) % 4], face[(i + last) % 4]))
                onward[end] = begin
    loops = []
    while onward:
        start, edge = onward.popitem()
        loop = [start]
        while edge != start:
            loop.append(edge)
            edge = onward.pop(edge)
        loops.append([_CORNERS[list(edge)].mean(axis=0) for edge in loop])
    return loops
