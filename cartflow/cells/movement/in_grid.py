"""Steps of cells in boxes and masks: Brownian or persistent, with drift."""

from __future__ import annotations

import numpy as np

from cartflow.cells.chance.philox import MOVING, coarse, draw, normals, uniform
from cartflow.cells.movement.turning import stays, stretch, stride, turn
from cartflow.cells.room.grid import missed, through
from cartflow.cells.room.row import FILM, REFLECT
from cartflow.core.compiling import serial

_MOST_TURNS = 100_000


@serial
def walk(  # type: ignore[no-untyped-def]
    first, last, position, heading, species, place, names, spacing, inside, voxels, moving,
    diffusivity, speed, persistence, pause, bias, ways, films, drifts, velocity, dt, parts, step,
    seed,
):  # fmt: skip
    """Move the cells `first` to `last` by `dt` days in `parts`; where one was taken up, place < 0.

    `velocity` (rows, mesh cells, 6) in mm/day along i, j, k, at the low and the high face of each.
    """
    p, by, turned, pull = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    voxel, room = np.zeros(3, np.int64), np.zeros(3, np.int64)
    short = dt / parts
    for i in range(first, last):
        kind, number, wall = species[i], 0, -1
        if stays(kind, diffusivity, persistence, drifts):
            continue
        for a in range(3):
            p[a], turned[a] = position[i, a], heading[i, a]
            voxel[a] = voxels[place[i], a]
        for _ in range(parts):
            if persistence[kind] > 0.0:
                wall, number = _persist(
                    p, by, pull, turned, voxel, spacing, inside, moving, speed[kind],
                    persistence[kind], pause[kind], bias[kind], ways[kind], drifts[kind], velocity,
                    short, step, seed, names[i], number,
                )  # fmt: skip
            else:
                wall = _diffuse(
                    p, by, pull, turned, voxel, room, spacing, inside, moving, diffusivity[kind],
                    ways[kind], films[kind], drifts[kind], velocity, short, step, seed, names[i],
                    number,
                )  # fmt: skip
                number += 2
            if wall >= 0:
                break
        for a in range(3):
            position[i, a], heading[i, a] = p[a], turned[a]
        place[i] = -1 - wall if wall >= 0 else inside[voxel[0], voxel[1], voxel[2]]


@serial
def _pull(p, pull, voxel, spacing, inside, moving, row, velocity):  # type: ignore[no-untyped-def]
    """Write the velocity by which `p` drifts to `pull`: linear between the middles of faces.

    Along each axis it is known at the faces across that axis, at their middles; next to a wall it
    is along the wall what it is half a mesh cell before.
    """
    pull[:] = 0.0
    if row < 0:
        return
    for a in range(3):
        if not moving[a]:
            continue
        b, c = (a + 1) % 3, (a + 2) % 3
        share = p[a] / spacing[a] - (voxel[a] - 1)
        off_b, off_c = _off(p, voxel, spacing, moving, b), _off(p, voxel, spacing, moving, c)
        for i in range(2):
            for j in range(2):
                weight = (abs(off_b) if i else 1.0 - abs(off_b)) * (
                    abs(off_c) if j else 1.0 - abs(off_c)
                )
                if weight > 0.0:
                    there = _beside(voxel, inside, b, i * np.sign(off_b), c, j * np.sign(off_c))
                    low, high = velocity[row, there, 2 * a], velocity[row, there, 2 * a + 1]
                    pull[a] += weight * ((1.0 - share) * low + share * high)


@serial
def _off(p, voxel, spacing, moving, a):  # type: ignore[no-untyped-def]
    """Return how far `p` is from the middle of its voxel along an axis, in voxels."""
    return p[a] / spacing[a] - (voxel[a] - 0.5) if moving[a] else 0.0


@serial
def _beside(voxel, inside, b, by, c, cy):  # type: ignore[no-untyped-def]
    """Return the mesh cell some voxels further along two axes; behind a wall that of the voxel."""
    x = voxel[0] + int(by if b == 0 else cy if c == 0 else 0)
    y = voxel[1] + int(by if b == 1 else cy if c == 1 else 0)
    z = voxel[2] + int(by if b == 2 else cy if c == 2 else 0)
    there = inside[x, y, z]
    return there if there >= 0 else inside[voxel[0], voxel[1], voxel[2]]


@serial
def _diffuse(  # type: ignore[no-untyped-def]
    p, by, pull, turned, voxel, room, spacing, inside, moving, d, ways, films, row, velocity,
    days, step, seed, name, number,
):  # fmt: skip
    """Take one Brownian step; return the wall that took the cell up, or -1."""
    a, b, c, e = draw(seed, name, step, MOVING, number)
    size = np.sqrt(2.0 * d * days)
    by[0], by[1], by[2], _ = normals(a, b, c, e)
    stops = False
    for wall in range(ways.size):
        stops = stops or ways[wall] != REFLECT
    start = (p[0], p[1], p[2])
    _pull(p, pull, voxel, spacing, inside, moving, row, velocity)
    for k in range(3):
        by[k] = by[k] * size + pull[k] * days if moving[k] else 0.0
        room[k] = voxel[k]
    wall = through(p, by, turned, voxel, spacing, inside, ways)
    if wall >= 0 or not stops or d == 0.0:
        return wall
    kept, wall = missed(start, p, room, spacing, inside, ways, films, d, days)
    if room[0] != voxel[0] or room[1] != voxel[1] or room[2] != voxel[2]:
        more, other = missed(start, p, voxel, spacing, inside, ways, films, d, days)
        wall = wall if more > kept else other
        # A film acts for that part of the way which was spent before it, half where one end was.
        film = wall >= 0 and ways[wall] == FILM
        kept = 0.5 * (kept + more) if film else min(kept, more)
    if kept < 1.0:
        a, b, c, e = draw(seed, name, step, MOVING, number + 1)
        if uniform(a, b) > kept:
            return wall
    return -1


@serial
def _persist(  # type: ignore[no-untyped-def]
    p, by, pull, turned, voxel, spacing, inside, moving, speed, persistence, pause, bias, ways,
    row, velocity, days, step, seed, name, number,
):  # fmt: skip
    """Walk straight on, pause, and turn, each for exponential times; return the wall, or -1.

    With a `bias` the drift tells which way cells turn, and does not carry them. Return the next
    draw, too.
    """
    left = days
    for _ in range(_MOST_TURNS):
        waits, until, c, e = stretch(turned, persistence, pause, seed, name, step, number)
        number += 1
        _pull(p, pull, voxel, spacing, inside, moving, row, velocity)
        if not waits:
            stride(by, turned, pull, speed, bias, min(until, left))
            for k in range(3):
                by[k] = by[k] if moving[k] else 0.0
            wall = through(p, by, turned, voxel, spacing, inside, ways)
            if wall >= 0:
                return wall, number
        if until >= left:
            return -1, number
        left -= until
        turn(turned, pull, pause, bias, waits, c, e)
    return -1, number


@serial
def put(first, last, position, place, names, spacing, voxels, step, seed, purpose):  # type: ignore[no-untyped-def]
    """Put the cells `first` to `last` anywhere alike within their mesh cells."""
    for i in range(first, last):
        a, b, c, e = draw(seed, names[i], step, purpose, 0)
        position[i, 0] = (voxels[place[i], 0] - 1 + uniform(a, b)) * spacing[0]
        position[i, 1] = (voxels[place[i], 1] - 1 + coarse(c)) * spacing[1]
        position[i, 2] = (voxels[place[i], 2] - 1 + coarse(e)) * spacing[2]


@serial
def shift(first, last, position, place, by, spacing, inside, voxels, moving):  # type: ignore[no-untyped-def]
    """Move the cells `first` to `last` by the ways `by` (n, 3) between walls that reflect all."""
    p, way, unused = np.zeros(3), np.zeros(3), np.zeros(3)
    voxel = np.zeros(3, np.int64)
    closed = np.full(64, REFLECT)
    for i in range(first, last):
        for a in range(3):
            p[a], way[a] = position[i, a], by[i, a] if moving[a] else 0.0
            voxel[a] = voxels[place[i], a]
        through(p, way, unused, voxel, spacing, inside, closed)
        for a in range(3):
            position[i, a] = p[a]
        place[i] = inside[voxel[0], voxel[1], voxel[2]]
