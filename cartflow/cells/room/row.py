"""Slabs, balls and cylinders for single cells: between which walls they are, in which mesh cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.compiling import serial
from cartflow.geometries.geometry import Geometry

Array = np.ndarray

REFLECT, STOP, PASS, FILM = 0, 1, 2, 3
_BOUNCES = 10_000
_ROUND_OFF = 1e-9
# How many axes a cell's position has that tell in which mesh cell of the row it is.
_AXES = {
    "slab": 1,
    "cylinder": 2,
    "cylindrical shell": 2,
    "ball": 3,
    "hollow ball": 3,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """Mesh cells between `edges` (mm): along x (1 axis), around an axis (2) or a centre (3).

    `inner_wall` says whether the first edge is a wall; `walls` name both.
    """

    axes: int
    edges: Array
    inner_wall: bool
    walls: tuple[str, str]

    def holds(self, position: Array, place: Array) -> bool:
        """Return whether each `position` (n, 3), but for round-off, is in its mesh cell `place`."""
        along = (
            position[:, 0] if self.axes == 1 else np.linalg.norm(position[:, : self.axes], axis=1)
        )
        off = _ROUND_OFF * self.edges[-1]
        inside = (along >= self.edges[place] - off) & (along <= self.edges[place + 1] + off)
        return bool(inside.all())


def is_row(geometry: Geometry) -> bool:
    """Return whether a geometry is a row of mesh cells."""
    return geometry.name in _AXES


def row_of(geometry: Geometry) -> Row:
    """Return the row of a slab, ball or cylinder, hollow or not."""
    name = geometry.name
    centres = geometry.coordinates[geometry.dims[0]]
    outer, inner = ("right", "left") if name == "slab" else ("rim", "wall")
    edges = np.empty(centres.size + 1)
    edges[-1] = centres[-1] + geometry.boundary(outer).distances[0]
    for k in range(centres.size - 1, -1, -1):
        edges[k] = 2.0 * centres[k] - edges[k + 1]
    wall = inner in geometry.boundaries
    edges[0] = edges[0] if wall and name != "slab" else 0.0
    return Row(axes=_AXES[name], edges=edges, inner_wall=wall, walls=(inner, outer))


@serial
def mesh_cell_at(edges, radius):  # type: ignore[no-untyped-def]
    """Return the mesh cell between whose `edges` the coordinate `radius` is."""
    low, high = 0, edges.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if edges[middle] <= radius:
            low = middle
        else:
            high = middle
    return low


@serial
def along_slab(x, by, length, ways, heading):  # type: ignore[no-untyped-def]
    """Return where a way `by` from `x` ends between walls at 0 and `length`, the heading, the wall.

    `ways` say what the two walls do. The wall is -1, or that at which it stopped: 0 or 1.
    """
    x += by
    for _ in range(_BOUNCES):
        if x < 0.0:
            wall, at = 0, 0.0
        elif x > length:
            wall, at = 1, length
        else:
            return x, heading, -1
        if ways[wall] == STOP:
            return at, heading, wall
        if ways[wall] == PASS:
            return x, heading, -1
        x, heading = 2.0 * at - x, -heading
    return min(max(x, 0.0), length), heading, -1


@serial
def around(p, by, heading, axes, inner, outer, ways):  # type: ignore[no-untyped-def]
    """Move `p` by the way `by` between two spheres (3 axes) or cylinders (2); return the wall.

    All three are arrays of 3, changed in place: where it reflects, way and heading turn. Without an
    inner wall `inner` is 0. The wall is -1, or that at which it stopped: 0 (inner) or 1.
    """
    for _ in range(_BOUNCES):
        square, along, place = 0.0, 0.0, 0.0
        for a in range(axes):
            square += by[a] * by[a]
            along += p[a] * by[a]
            place += p[a] * p[a]
        if square == 0.0:
            return -1
        hit, wall = 1.0, -1
        if ways[1] != PASS:
            beyond = along * along - square * (place - outer * outer)
            share = (-along + np.sqrt(max(beyond, 0.0))) / square
            if share < hit:
                hit, wall = max(share, 0.0), 1
        if inner > 0.0 and ways[0] != PASS and along < 0.0:
            through = along * along - square * (place - inner * inner)
            if through > 0.0:
                share = (-along - np.sqrt(through)) / square
                if share < hit:
                    hit, wall = max(share, 0.0), 0
        for a in range(axes):
            p[a] += hit * by[a]
        if wall < 0:
            return -1
        if ways[wall] == STOP:
            return wall
        _turn(p, by, heading, axes, hit)
    return -1


@serial
def _turn(p, by, heading, axes, hit):  # type: ignore[no-untyped-def]
    """Turn what is left of a way, and the heading, at the wall that `p` stands on."""
    place, along, ahead = 0.0, 0.0, 0.0
    for a in range(axes):
        place += p[a] * p[a]
        along += p[a] * by[a]
        ahead += p[a] * heading[a]
    for a in range(axes):
        by[a] = (1.0 - hit) * (by[a] - 2.0 * along / place * p[a])
        heading[a] -= 2.0 * ahead / place * p[a]
