"""What a mesh file holds, whatever its format: points, and blocks of cells in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_kinds import KINDS
from cartflow.geometries.meshes.building import cell_mesh
from cartflow.geometries.meshes.geometry import NamedMesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LINE = 3
_LONGEST_NAME = 64
MOST = 20_000_000
MOST_GROUPS = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Cells (n, vertices) of one VTK kind, lines too, all in the same named `groups`."""

    kind: int
    cells: Ints
    groups: tuple[str, ...] = ()

    @property
    def dimension(self) -> int:
        """1 for lines, 2 for triangles and quadrilaterals, 3 for what has a volume."""
        return 1 if self.kind == LINE else KINDS[self.kind].dimension


@dataclass(frozen=True, kw_only=True, eq=False)
class FileMesh:
    """The points (n, 3) of a file in its own unit, its blocks, and notes of what was met."""

    points: Floats
    blocks: Sequence[Block]
    notes: tuple[str, ...] = ()


def named_mesh(found: FileMesh, scale: float, thickness: float | None) -> NamedMesh:
    """Return the mesh of a file's cells of the highest dimension; one unit is `scale` mm.

    Groups of them are regions, groups of cells of one dimension less surfaces. A plane mesh needs
    its `thickness` in mm. Raises `InputError`.
    """
    dimension = max((b.dimension for b in found.blocks if b.cells.size), default=0)
    if dimension < 2:
        raise InputError("it holds no cells, neither with a volume nor in a plane")
    _require_thickness(dimension, thickness)
    groups = {name for block in found.blocks for name in block.groups}
    if len(groups) > MOST_GROUPS:
        msg = f"it holds {len(groups)} groups; at most {MOST_GROUPS} are read"
        raise InputError(msg)
    cells, kinds, regions = _cells([b for b in found.blocks if b.dimension == dimension])
    faces = [b for b in found.blocks if b.dimension == dimension - 1 and b.groups]
    points = found.points * scale
    mesh = cell_mesh(points, cells, kinds, thickness)
    used = np.unique(cells[cells >= 0])
    number = np.full(len(points), -1)
    number[used] = np.arange(used.size)
    return NamedMesh(
        mesh=mesh, regions=regions, surfaces=_surfaces(faces, number), notes=found.notes
    )


def _require_thickness(dimension: int, thickness: float | None) -> None:
    if dimension == 2 and thickness is None:
        raise InputError("thickness: is missing; cells in a plane need one, such as '0.1 mm'")
    if dimension == 3 and thickness is not None:
        raise InputError("thickness: is for cells in a plane; these have a volume, leave it out")


def _cells(blocks: Sequence[Block]) -> tuple[Ints, Ints, dict[str, NDArray[np.bool_]]]:
    """Return all cells, each once, with their kinds and groups."""
    cells = padded([b.cells for b in blocks])
    kinds = np.concatenate([np.full(len(b.cells), b.kind) for b in blocks])
    if len(cells) > MOST:
        msg = f"it holds {len(cells)} cells; at most {MOST} are read"
        raise InputError(msg)
    # Some formats list a cell once for each of its groups.
    _, first, number = np.unique(
        np.sort(cells, axis=1), axis=0, return_index=True, return_inverse=True
    )
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    place = rank[number.ravel()]
    regions: dict[str, NDArray[np.bool_]] = {}
    start = 0
    for block in blocks:
        end = start + len(block.cells)
        for name in block.groups:
            inside = regions.setdefault(usable(name), np.zeros(first.size, dtype=bool))
            inside[place[start:end]] = True
        start = end
    kept = np.sort(first)
    return cells[kept], kinds[kept], regions


def _surfaces(blocks: Sequence[Block], number: Ints) -> dict[str, Ints]:
    """Return the faces of every group by vertices of the mesh, those of no cell left out."""
    named: dict[str, list[Ints]] = {}
    for block in blocks:
        faces = number[block.cells]
        for name in block.groups:
            named.setdefault(usable(name), []).append(faces[(faces >= 0).all(axis=1)])
    return {name: padded(parts) for name, parts in named.items()}


def padded(parts: Sequence[Ints]) -> Ints:
    """Return rows of unlike length under one another, padded with -1."""
    most = max(part.shape[1] for part in parts)
    wide = [np.pad(p, ((0, 0), (0, most - p.shape[1])), constant_values=-1) for p in parts]
    return np.concatenate(wide).astype(np.int64)


def usable(name: str) -> str:
    """Return the name of a group; raise `InputError` if a result could not hold it."""
    if not name or len(name) > _LONGEST_NAME or "/" in name or not name.isprintable():
        msg = (
            f"the group '{name[:_LONGEST_NAME]}': needed is a name of 1 to {_LONGEST_NAME} "
            "printable characters without '/'"
        )
        raise InputError(msg)
    return name
