"""The sections of Gmsh's files: nodes, entities and elements of the versions 2.2 and 4.1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_kinds import HEXAHEDRON, PYRAMID, QUAD, TETRA, TRIANGLE, WEDGE
from cartflow.geometries.meshes.files.blocks import LINE
from cartflow.geometries.meshes.files.stream import ByteStream, Stream, TextStream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_POINT = 15
# Gmsh's types: VTK's kind, dimension, corners, nodes. Corners come first.
_TYPES = {
    1: (LINE, 1, 2, 2),
    2: (TRIANGLE, 2, 3, 3),
    3: (QUAD, 2, 4, 4),
    4: (TETRA, 3, 4, 4),
    5: (HEXAHEDRON, 3, 8, 8),
    6: (WEDGE, 3, 6, 6),
    7: (PYRAMID, 3, 5, 5),
    8: (LINE, 1, 2, 3),
    9: (TRIANGLE, 2, 3, 6),
    10: (QUAD, 2, 4, 9),
    11: (TETRA, 3, 4, 10),
    12: (HEXAHEDRON, 3, 8, 27),
    13: (WEDGE, 3, 6, 18),
    14: (PYRAMID, 3, 5, 14),
    _POINT: (1, 0, 1, 1),
    16: (QUAD, 2, 4, 8),
    17: (HEXAHEDRON, 3, 8, 20),
    18: (WEDGE, 3, 6, 15),
    19: (PYRAMID, 3, 5, 13),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Elements:
    """Elements of one type in the same physical groups, by the tags of their corners."""

    kind: int
    dimension: int
    nodes: Ints
    physical: tuple[int, ...]
    bent: bool


def _type(number: int) -> tuple[int, int, int, int]:
    if number not in _TYPES:
        msg = f"it has elements of Gmsh's type {number}, which are not read"
        raise InputError(msg)
    return _TYPES[number]


def _elements(number: int, nodes: Ints, physical: tuple[int, ...]) -> Elements:
    kind, dimension, corners, count = _type(number)
    return Elements(
        kind=kind,
        dimension=dimension,
        nodes=nodes[:, :corners],
        physical=physical,
        bent=count > corners,
    )


def nodes_2(stream: Stream) -> tuple[Ints, Floats]:
    """Return the tags (n,) and coordinates (n, 3) of the nodes of version 2.2."""
    number = _count(stream)
    if isinstance(stream, TextStream):
        table = stream.doubles(4 * number).reshape(-1, 4)
        return table[:, 0].astype(np.int64), table[:, 1:]
    found = stream.records(np.dtype([("tag", "i4"), ("at", "f8", 3)]), number)
    return found["tag"].astype(np.int64), found["at"].astype(np.float64)


def elements_2(stream: Stream) -> list[Elements]:
    """Return the elements of version 2.2, by type and first tag, which is the physical group."""
    number = _count(stream)
    read = _text_rows if isinstance(stream, TextStream) else _byte_rows
    numbers, rows = read(stream, number)  # type: ignore[arg-type]
    found: dict[tuple[int, int], list[int]] = {}
    for kind, physical, start in rows:
        found.setdefault((kind, abs(physical)), []).append(start)
    return [
        _elements(
            kind, numbers[np.array(at)[:, None] + np.arange(_type(kind)[3])], (tag,) * (tag > 0)
        )
        for (kind, tag), at in found.items()
        if kind != _POINT
    ]


Rows = list[tuple[int, int, int]]


def _text_rows(stream: TextStream, number: int) -> tuple[Ints, Rows]:
    """Return all numbers, and of every element its type, first tag, and where its nodes begin."""
    numbers, rows, at = stream.rest(), [], 0
    plain = numbers.tolist()
    for _ in range(number):
        if at + 3 > len(plain):
            raise InputError("it has fewer elements than it says")
        kind, tags = plain[at + 1], plain[at + 2]
        start = at + 3 + tags
        at = start + _type(kind)[3]
        if tags < 0 or at > len(plain):
            raise InputError("its elements are damaged")
        rows.append((kind, plain[start - tags] if tags else 0, start))
    return numbers, rows


def _byte_rows(stream: ByteStream, number: int) -> tuple[Ints, Rows]:
    parts: list[Ints] = []
    rows: Rows = []
    size, left = 0, number
    while left > 0:
        kind, follow, tags = (int(n) for n in stream.ints(3))
        if not 0 < follow <= left or tags < 0:
            raise InputError("its elements are damaged")
        width = 1 + tags + _type(kind)[3]
        table = stream.ints(follow * width)
        first = table[1::width].tolist() if tags else [0] * follow
        rows += [(kind, tag, size + i * width + 1 + tags) for i, tag in enumerate(first)]
        parts.append(table)
        size, left = size + table.size, left - follow
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts]), rows


def entities_4(stream: Stream) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return the physical groups of every entity of version 4.1, by dimension and tag."""
    found = {}
    for dimension, count in enumerate(stream.longs(4)):
        for _ in range(int(count)):
            tag = int(stream.ints(1)[0])
            stream.doubles(3 if dimension == 0 else 6)
            groups = stream.ints(int(stream.longs(1)[0]))
            found[dimension, tag] = tuple(abs(int(g)) for g in groups)
            if dimension > 0:
                stream.ints(int(stream.longs(1)[0]))
    return found


def nodes_4(stream: Stream) -> tuple[Ints, Floats]:
    """Return the tags (n,) and coordinates (n, 3) of the nodes of version 4.1."""
    blocks = int(stream.longs(4)[0])
    tags, points = [np.zeros(0, dtype=np.int64)], [np.zeros((0, 3))]
    for _ in range(blocks):
        dimension, _, parametric = (int(n) for n in stream.ints(3))
        count = int(stream.longs(1)[0])
        tags.append(stream.longs(count))
        # Parameters on the entity follow the coordinates.
        width = 3 + (dimension if parametric else 0)
        points.append(stream.doubles(count * width).reshape(count, width)[:, :3])
    return np.concatenate(tags), np.concatenate(points)


def elements_4(stream: Stream, groups: dict[tuple[int, int], tuple[int, ...]]) -> list[Elements]:
    """Return the elements of version 4.1, with the physical groups of their entities."""
    found = []
    for _ in range(int(stream.longs(4)[0])):
        dimension, tag, kind = (int(n) for n in stream.ints(3))
        count, width = int(stream.longs(1)[0]), 1 + _type(kind)[3]
        rows = stream.longs(count * width).reshape(count, width)
        if kind != _POINT:
            found.append(_elements(kind, rows[:, 1:], groups.get((dimension, tag), ())))
    return found


def _count(stream: Stream) -> int:
    """Return the number that a section of version 2.2 begins with, on a line of its own."""
    if isinstance(stream, TextStream):
        return int(stream.ints(1)[0])
    return stream.line()
