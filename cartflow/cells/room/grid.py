"""Boxes and masks for single cells: voxels with a mesh cell or a wall in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.room.films import leaked
from cartflow.cells.room.row import REFLECT, STOP
from cartflow.core.compiling import serial
from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry

Array = np.ndarray
_BOUNCES = 100_000
_ROUND_OFF = 1e-9
SIDES = ("left", "right", "bottom", "top", "front", "back")


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Voxels of `spacing` (mm), along i, j, k, around which lies one layer of no tissue.

    `inside` (voxels along i, j, k, and the layer) holds the mesh cell, or -1 - the number of the
    wall among `walls`. `voxels` (mesh cells, 3) are their places in `inside`. Cells move along the
    axes in `moving`.
    """

    spacing: Array
    inside: Array
    voxels: Array
    walls: tuple[str, ...]
    moving: Array
    affine: Array

    def holds(self, position: Array, place: Array) -> bool:
        """Return whether each `position` (n, 3), but for round-off, is in its mesh cell `place`."""
        off = _ROUND_OFF * self.spacing * np.array(self.inside.shape)
        high = self.voxels[place] * self.spacing
        inside = (position >= high - self.spacing - off) & (position <= high + off)
        return bool(inside[:, self.moving].all())


def grid_of(geometry: Geometry) -> Grid:
    """Return the voxels of a box or mask. Raises `InputError` where mesh cells are no voxels."""
    if geometry.graded or geometry.build_voxels is not None:
        key = "interior" if geometry.graded else "coarsen"
        msg = f"geometry.{key}: mesh cells of joined voxels are not there for fields as cells yet"
        raise InputError(msg)
    if np.ptp(geometry.cell_volumes) > 1e-9 * geometry.cell_volumes.max():
        msg = "geometry.partial_volume: is not there for fields as cells yet; leave it out"
        raise InputError(msg)
    grid = geometry.active
    active = grid if grid.ndim == 3 else grid[None]
    places = np.argwhere(active)[:, ::-1]
    box = geometry.affine is None
    spacing, flat = _box_spacing(geometry) if box else _mask_spacing(geometry)
    shape = np.array(active.shape[::-1]) + 2
    inside = np.full(shape, -1, dtype=np.int32)
    inside[tuple((places + 1).T)] = np.arange(len(places), dtype=np.int32)
    walls = tuple(geometry.boundaries)
    if box:
        _name_sides(inside, walls)
    elif "wall" in walls:
        _name_cavities(inside, walls)
    moving = np.array([axis != flat for axis in range(3)])
    return Grid(
        spacing=spacing,
        inside=inside,
        voxels=np.ascontiguousarray(places + 1, dtype=np.int32),
        walls=walls,
        moving=moving,
        affine=_affine(geometry, spacing),
    )


def _box_spacing(geometry: Geometry) -> tuple[Array, int | None]:
    """Return the edges of a box's mesh cells, and the axis across a plane, if it is one."""
    names = [name for name in SIDES[::2] if name in geometry.boundaries]
    found = [2.0 * float(geometry.boundary(name).distances[0]) for name in names]
    flat = 2 if len(found) == 2 else None
    return np.array([*found, 1.0][:3]), flat


def _mask_spacing(geometry: Geometry) -> tuple[Array, int | None]:
    assert geometry.affine is not None
    dims = geometry.dims[::-1]
    flat = None if geometry.flat is None else dims.index(geometry.flat)
    return np.linalg.norm(geometry.affine[:3, :3], axis=0), flat


def _affine(geometry: Geometry, spacing: Array) -> Array:
    """Return what takes positions in the grid (mm, from its low corner) to those in the world."""
    if geometry.affine is None:
        return np.eye(4)
    found = geometry.affine.copy()
    found[:3, :3] = geometry.affine[:3, :3] / spacing
    found[:3, 3] -= 0.5 * geometry.affine[:3, :3].sum(axis=1)
    return found


def _name_sides(inside: Array, walls: tuple[str, ...]) -> None:
    for number, name in enumerate(SIDES):
        if name in walls:
            layer = [slice(None)] * 3
            layer[number // 2] = slice(0, 1) if number % 2 == 0 else slice(-1, None)
            inside[tuple(layer)] = -1 - walls.index(name)


def _name_cavities(inside: Array, walls: tuple[str, ...]) -> None:
    """Name what the tissue encloses ``wall``, and what is joined to the outside ``rim``."""
    from scipy import ndimage

    pieces, _ = ndimage.label(inside < 0, np.ones((3, 3, 3)))
    inside[(pieces > 0) & (pieces != pieces[0, 0, 0])] = -1 - walls.index("wall")
    inside[pieces == pieces[0, 0, 0]] = -1 - walls.index("rim")


@serial
def through(p, by, heading, voxel, spacing, inside, ways):  # type: ignore[no-untyped-def]
    """Move `p` (mm) by the way `by` through the voxels; return the wall where it stopped, or -1.

    `p`, `by`, `heading` and `voxel`, the place in `inside`, are arrays of 3, changed in place:
    where it reflects, way and heading turn.
    """
    for _ in range(_BOUNCES):
        hit, axis, ahead = 1.0, -1, 0
        for a in range(3):
            if by[a] > 0.0:
                share = (voxel[a] * spacing[a] - p[a]) / by[a]
                if share < hit:
                    hit, axis, ahead = max(share, 0.0), a, 1
            elif by[a] < 0.0:
                share = ((voxel[a] - 1) * spacing[a] - p[a]) / by[a]
                if share < hit:
                    hit, axis, ahead = max(share, 0.0), a, -1
        for a in range(3):
            p[a] += hit * by[a]
            by[a] *= 1.0 - hit
        if axis < 0:
            return -1
        # On the face itself, so that round-off never steps beside it.
        p[axis] = (voxel[axis] if ahead > 0 else voxel[axis] - 1) * spacing[axis]
        voxel[axis] += ahead
        beyond = inside[voxel[0], voxel[1], voxel[2]]
        if beyond >= 0:
            continue
        if ways[-1 - beyond] == STOP:
            return -1 - beyond
        voxel[axis] -= ahead
        by[axis], heading[axis] = -by[axis], -heading[axis]
    return -1


@serial
def missed(p, q, voxel, spacing, inside, ways, films, d, days):  # type: ignore[no-untyped-def]
    """Return the chance to have come by all walls that take up, between `p` and `q`, and the wall.

    A Brownian bridge touches a plane at the distances x and y of its ends with the chance
    exp(-x y / (D dt)), and leaks through a film with less. Planes are the faces of `voxel`, a place
    in `inside`.
    """
    kept, nearest, wall = 1.0, 0.0, -1
    for a in range(3):
        for side in range(2):
            i, j, k = voxel[0], voxel[1], voxel[2]
            step = 2 * side - 1
            if a == 0:
                i += step
            elif a == 1:
                j += step
            else:
                k += step
            beyond = inside[i, j, k]
            if beyond >= 0 or ways[-1 - beyond] == REFLECT:
                continue
            plane = (voxel[a] - 1 + side) * spacing[a]
            if ways[-1 - beyond] == STOP:
                chance = np.exp(-max((p[a] - plane) * (q[a] - plane), 0.0) / (d * days))
            else:
                # Who came round a corner beyond the plane has not been through it.
                same = (p[a] - plane) * (q[a] - plane) >= 0.0
                x, y, film = abs(p[a] - plane), abs(q[a] - plane), films[-1 - beyond]
                chance = leaked(x, y, film, d, days) if same else 0.0
            kept *= 1.0 - chance
            if chance > nearest:
                nearest, wall = chance, -1 - beyond
    return kept, wall
