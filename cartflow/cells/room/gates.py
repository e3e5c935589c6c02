"""The faces of a wall, by which cells come in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.room.grid import Grid
from cartflow.cells.room.row import Row
from cartflow.geometries.geometry import Geometry

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Gate:
    """A wall of `area` mm2; `share` is that over the area of its faces in the room.

    In voxels its faces are those of `cells` (mesh cells) along `axis`, on the side `ahead` (0 low,
    1 high); in a row it is one, at the first or last edge.
    """

    area: float
    share: float
    cells: Array
    axis: Array
    ahead: Array


def gates_of(room: Row | Grid, geometry: Geometry) -> dict[str, Gate]:
    """Return the gates of all walls, by name."""
    found = {}
    for number, name in enumerate(room.walls):
        if name not in geometry.boundaries:
            continue
        area = float(geometry.boundary(name).areas.sum())
        if isinstance(room, Row):
            last = number == 1
            cell = np.array([room.edges.size - 2 if last else 0])
            none = np.zeros(1, dtype=np.int64)
            found[name] = Gate(area=area, share=1.0, cells=cell, axis=none, ahead=none + last)
        else:
            found[name] = _in_voxels(room, number, area)
    return found


def _in_voxels(room: Grid, number: int, area: float) -> Gate:
    cells, axes, sides, faces = [], [], [], 0.0
    for axis in np.flatnonzero(room.moving):
        across = float(np.prod(np.delete(room.spacing, axis)))
        for ahead in (0, 1):
            beside = room.voxels.copy()
            beside[:, axis] += 2 * ahead - 1
            here = np.flatnonzero(room.inside[tuple(beside.T)] == -1 - number)
            cells.append(here)
            axes.append(np.full(here.size, axis))
            sides.append(np.full(here.size, ahead))
            faces += across * here.size
    share = area / faces if faces > 0.0 else 1.0
    return Gate(
        area=area,
        share=share,
        cells=np.concatenate(cells),
        axis=np.concatenate(axes),
        ahead=np.concatenate(sides),
    )
