"""The kinds of cells, by VTK's numbers, with VTK's order of vertices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of cell: its vertices, and which of them go around each face, seen from outside.

    In the order `mirrored` its vertices make the same cell turned inside out.
    """

    plural: str
    vertices: int
    dimension: int
    faces: tuple[tuple[int, ...], ...]
    mirrored: tuple[int, ...]


TRIANGLE, QUAD, TETRA, HEXAHEDRON, WEDGE, PYRAMID = 5, 9, 10, 12, 13, 14

KINDS: dict[int, Kind] = {
    TRIANGLE: Kind(
        plural="triangles",
        vertices=3,
        dimension=2,
        faces=((0, 1), (1, 2), (2, 0)),
        mirrored=(0, 2, 1),
    ),
    QUAD: Kind(
        plural="quadrilaterals",
        vertices=4,
        dimension=2,
        faces=((0, 1), (1, 2), (2, 3), (3, 0)),
        mirrored=(0, 3, 2, 1),
    ),
    TETRA: Kind(
        plural="tetrahedra",
        vertices=4,
        dimension=3,
        faces=((0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)),
        mirrored=(0, 2, 1, 3),
    ),
    HEXAHEDRON: Kind(
        plural="hexahedra",
        vertices=8,
        dimension=3,
        faces=(
            (0, 3, 2, 1),
            (4, 5, 6, 7),
            (0, 1, 5, 4),
            (1, 2, 6, 5),
            (2, 3, 7, 6),
            (3, 0, 4, 7),
        ),
        mirrored=(0, 3, 2, 1, 4, 7, 6, 5),
    ),
    WEDGE: Kind(
        plural="wedges",
        vertices=6,
        dimension=3,
        faces=((0, 1, 2), (3, 5, 4), (0, 3, 4, 1), (1, 4, 5, 2), (2, 5, 3, 0)),
        mirrored=(0, 2, 1, 3, 5, 4),
    ),
    PYRAMID: Kind(
        plural="pyramids",
        vertices=5,
        dimension=3,
        faces=((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)),
        mirrored=(0, 3, 2, 1, 4),
    ),
}
