"""Gmsh's files (.msh) of the versions 2.2 and 4.1, as text or binary, by a reader of our own.

The formats are described in Gmsh's reference manual. What is no mesh (views, periodic links,
partitions' ghosts) is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.meshes.files.blocks import Block, FileMesh
from cartflow.geometries.meshes.files.msh_sections import (
    Elements,
    elements_2,
    elements_4,
    entities_4,
    nodes_2,
    nodes_4,
)
from cartflow.geometries.meshes.files.stream import ByteStream, Order, Stream, TextStream

_LARGEST = 2**32  # bytes
_VERSIONS = ("2.2", "4.1")


@dataclass(frozen=True, kw_only=True)
class _Section:
    name: str
    start: int
    end: int


def read_msh(path: Path) -> FileMesh:
    """Return what a file of Gmsh holds. Raises `InputError` for what is no such file, or damaged.

    Names of physical groups are kept; a group without one is called ``physical_7`` by its tag.
    """
    if path.stat().st_size > _LARGEST:
        msg = f"it has {path.stat().st_size} bytes; at most {_LARGEST} are read"
        raise InputError(msg)
    content = path.read_bytes()
    version, order = _format(content)
    sections = {s.name: s for s in _sections(content)}
    for needed in ("Nodes", "Elements"):
        if needed not in sections:
            more = " (nodes with parameters are not read)" if "ParametricNodes" in sections else ""
            msg = f"it has no section ${needed}{more}"
            raise InputError(msg)

    def stream(name: str) -> Stream:
        section = sections[name]
        if order is None:
            return TextStream(content[section.start : section.end])
        return ByteStream(content, section.start, order)

    names = _names(content, sections)
    if version == "2.2":
        tags, points = nodes_2(stream("Nodes"))
        elements = elements_2(stream("Elements"))
    else:
        tags, points = nodes_4(stream("Nodes"))
        groups = entities_4(stream("Entities")) if "Entities" in sections else {}
        elements = elements_4(stream("Elements"), groups)
    return FileMesh(
        points=points,
        blocks=_blocks(elements, tags, names),
        notes=_notes(elements),
    )


def _format(content: bytes) -> tuple[str, Order | None]:
    """Return the version, and the order of bytes, None for text."""
    lines = content[:200].split(b"\n", 2)
    words = lines[1].split() if lines[0].strip() == b"$MeshFormat" and len(lines) > 2 else []
    if len(words) != 3:
        raise InputError("it does not begin as a mesh of Gmsh does ($MeshFormat)")
    version = words[0].decode("latin-1")
    if version not in _VERSIONS:
        msg = f"version {version[:8]} of Gmsh's format; read are {' and '.join(_VERSIONS)}"
        raise InputError(msg)
    if words[1] != b"1":
        return version, None
    one = lines[2][:4]
    orders: dict[bytes, Order] = {b"\x01\0\0\0": "<", b"\0\0\0\x01": ">"}
    if words[2] != b"8" or one not in orders:
        raise InputError("it says to be binary, but not how its numbers are written")
    return version, orders[one]


def _sections(content: bytes) -> Iterator[_Section]:
    """Yield the sections; in binary ones an end is the first that is named as the beginning."""
    at = 0
    while (begin := content.find(b"$", at)) >= 0:
        line = content.find(b"\n", begin)
        name = content[begin + 1 : line].strip()
        end = content.find(b"$End" + name, line) if 0 < len(name) < 64 and line > 0 else -1
        if end < 0:
            msg = f"its section ${name[:20].decode('latin-1')} has no end"
            raise InputError(msg)
        yield _Section(name=name.decode("latin-1"), start=line + 1, end=end)
        at = end + len(name) + 4


def _names(content: bytes, sections: dict[str, _Section]) -> dict[tuple[int, int], str]:
    """Return the names of physical groups, by dimension and tag."""
    if "PhysicalNames" not in sections:
        return {}
    section, found = sections["PhysicalNames"], {}
    for line in content[section.start : section.end].decode("utf-8", "replace").splitlines()[1:]:
        parts = line.split(maxsplit=2)
        if len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit():
            found[int(parts[0]), int(parts[1])] = parts[2].strip().strip('"')
    return found


def _blocks(
    elements: list[Elements], tags: NDArray[np.int64], names: dict[tuple[int, int], str]
) -> list[Block]:
    """Return the elements with their vertices by place, and their groups by name."""
    order = np.argsort(tags, kind="stable")
    found = []
    for each in elements:
        place = np.searchsorted(tags[order], each.nodes)
        place = np.minimum(place, max(tags.size - 1, 0))
        if not tags.size or (tags[order][place] != each.nodes).any():
            raise InputError("an element has a node that is not in the file")
        groups = tuple(names.get((each.dimension, t), f"physical_{t}") for t in each.physical)
        found.append(Block(kind=each.kind, cells=order[place], groups=groups))
    return found


def _notes(elements: list[Elements]) -> tuple[str, ...]:
    bent = sum(len(each.nodes) for each in elements if each.bent and each.dimension > 1)
    return (f"{bent} cells of higher order are taken with straight edges",) if bent else ()
