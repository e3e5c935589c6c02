"""Steps of cells in boxes and masks: Brownian or persistent, with drift."""

from __future__ import annotations

import numpy as np

from cartflow.cells.chance.philox import MOVING, coarse, draw, normals, uniform
from cartflow.cells.movement.turning import face, pauses
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
    """Write the velocity by which `p` drifts to `pull`; from face to face it is linear."""
    pull[:] = 0.0
    if row < 0:
        return
    here = inside[voxel[0], voxel[1], voxel[2]]
    for a in range(3):
        if moving[a]:
            share = p[a] / spacing[a] - (voxel[a] - 1)
            low, high = velocity[row, here, 2 * a], velocity[row, here, 2 * a + 1]
            pull[a] = (1.0 - share) * low + share * high


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
        a, b, c, e = draw(seed, name, step, MOVING, number)
        number += 1
        waits = pauses(turned)
        until = -(pause if waits else persistence) * np.log(uniform(a, b))
        straight_on = min(until, left)
        _pull(p, pull, voxel, spacing, inside, moving, row, velocity)
        if not waits:
            drifts = straight_on if bias <= 0.0 else 0.0
            for k in range(3):
                ahead = speed * turned[k] * straight_on + pull[k] * drifts
                by[k] = ahead if moving[k] else 0.0
            wall = through(p, by, turned, voxel, spacing, inside, ways)
            if wall >= 0:
                return wall, number
        if until >= left:
            return -1, number
        left -= until
        if pause > 0.0 and not waits:
            turned[:] = 0.0
        else:
            face(turned, pull, bias, c, e)
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
