"""Steps of cells in slabs, balls and cylinders: Brownian or persistent, with drift."""

from __future__ import annotations

import numpy as np

from cartflow.cells.chance.philox import MOVING, coarse, direction, draw, normals, uniform
from cartflow.cells.movement.turning import stays, stretch, stride, turn
from cartflow.cells.room.films import leaked
from cartflow.cells.room.row import FILM, PASS, REFLECT, STOP, along_slab, around, mesh_cell_at
from cartflow.core.compiling import serial

_MOST_TURNS = 100_000


@serial
def walk(  # type: ignore[no-untyped-def]
    first, last, position, heading, species, place, names, axes, edges, inner_wall,
    diffusivity, speed, persistence, pause, bias, ways, films, drifts, velocity, dt, parts, step,
    seed,
):  # fmt: skip
    """Move the cells `first` to `last` by `dt` days in `parts`; where one was taken up, place < 0.

    `velocity` (rows, edges) in mm/day points along x or outwards. A cell that a wall took up has
    the place -1 - wall.
    """
    p, by, turned, pull = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    straight, open_ways = np.zeros(2, np.int64), np.zeros(2, np.int64)
    short = dt / parts
    for i in range(first, last):
        kind = species[i]
        if stays(kind, diffusivity, persistence, drifts):
            continue
        for wall in range(2):
            straight[wall] = ways[kind, wall]
            open_ways[wall] = PASS if ways[kind, wall] == STOP else ways[kind, wall]
        number = 0
        for a in range(3):
            p[a], turned[a] = position[i, a], heading[i, a]
        for _ in range(parts):
            if persistence[kind] > 0.0:
                wall, number = _persist(
                    p, by, pull, turned, axes, edges, inner_wall, speed[kind], persistence[kind],
                    pause[kind], bias[kind], straight, drifts[kind], velocity, short, step, seed,
                    names[i], number,
                )  # fmt: skip
            else:
                wall = _diffuse(
                    p, by, pull, turned, axes, edges, inner_wall, diffusivity[kind], straight,
                    open_ways, films[kind], drifts[kind], velocity, short, step, seed, names[i],
                    number,
                )  # fmt: skip
                number += 2
            if wall >= 0:
                break
        for a in range(3):
            position[i, a], heading[i, a] = p[a], turned[a]
        place[i] = -1 - wall if wall >= 0 else mesh_cell_at(edges, distance(p, axes))


@serial
def distance(p, axes):  # type: ignore[no-untyped-def]
    """Return the coordinate of `p` along the row: x, or the distance from axis or centre."""
    if axes == 1:
        return p[0]
    total = 0.0
    for a in range(axes):
        total += p[a] * p[a]
    return np.sqrt(total)


@serial
def _pull(p, pull, axes, edges, row, velocity):  # type: ignore[no-untyped-def]
    """Write the velocity by which `p` drifts to `pull`; between edges it is linear."""
    pull[:] = 0.0
    if row < 0:
        return
    r = distance(p, axes)
    k = mesh_cell_at(edges, r)
    share = (r - edges[k]) / (edges[k + 1] - edges[k])
    v = (1.0 - share) * velocity[row, k] + share * velocity[row, k + 1]
    if axes == 1:
        pull[0] = v
    elif r > 0.0:
        for a in range(axes):
            pull[a] = v * p[a] / r


@serial
def _go(p, by, turned, axes, edges, inner_wall, ways):  # type: ignore[no-untyped-def]
    if axes == 1:
        p[0], turned[0], wall = along_slab(p[0], by[0], edges[-1], ways, turned[0])
        return wall
    inner = edges[0] if inner_wall else 0.0
    return around(p, by, turned, axes, inner, edges[-1], ways)


@serial
def _diffuse(  # type: ignore[no-untyped-def]
    p, by, pull, turned, axes, edges, inner_wall, d, straight, open_ways, films, row, velocity,
    days, step, seed, name, number,
):  # fmt: skip
    """Take one Brownian step; return the wall that took the cell up, or -1.

    What a wall took up on the way is told by the bridge between the two ends, by which a wall at
    the distances r and s of these was touched with the chance exp(-r s / (D dt)).
    """
    a, b, c, e = draw(seed, name, step, MOVING, number)
    size = np.sqrt(2.0 * d * days)
    by[0], by[1], by[2], _ = normals(a, b, c, e)
    _pull(p, pull, axes, edges, row, velocity)
    for k in range(3):
        by[k] = by[k] * size + pull[k] * days if k < axes else 0.0
    before = distance(p, axes)
    _go(p, by, turned, axes, edges, inner_wall, open_ways)
    after = distance(p, axes)
    if straight[0] == REFLECT and straight[1] == REFLECT:
        return -1
    a, b, c, e = draw(seed, name, step, MOVING, number + 1)
    chance = uniform(a, b)
    for wall in range(2):
        start = before - edges[0] if wall == 0 else edges[-1] - before
        end = after - edges[0] if wall == 0 else edges[-1] - after
        if straight[wall] == STOP:
            if end <= 0.0 or (d > 0.0 and chance < np.exp(-start * end / (d * days))):
                return wall
            chance = uniform(c, e)
        elif straight[wall] == FILM:
            if d > 0.0 and chance < leaked(start, end, films[wall], d, days):
                return wall
            chance = uniform(c, e)
    return -1


@serial
def _persist(  # type: ignore[no-untyped-def]
    p, by, pull, turned, axes, edges, inner_wall, speed, persistence, pause, bias, straight, row,
    velocity, days, step, seed, name, number,
):  # fmt: skip
    """Walk straight on, pause, and turn, each for exponential times; return the wall, or -1.

    With a `bias` the drift tells which way cells turn, and does not carry them. Return the next
    draw, too.
    """
    left = days
    for _ in range(_MOST_TURNS):
        waits, until, c, e = stretch(turned, persistence, pause, seed, name, step, number)
        number += 1
        _pull(p, pull, axes, edges, row, velocity)
        if not waits:
            stride(by, turned, pull, speed, bias, min(until, left))
            by[axes:] = 0.0
            wall = _go(p, by, turned, axes, edges, inner_wall, straight)
            if wall >= 0:
                return wall, number
        if until >= left:
            return -1, number
        left -= until
        turn(turned, pull, pause, bias, waits, c, e)
    return -1, number


@serial
def put(first, last, position, place, names, axes, edges, step, seed, purpose):  # type: ignore[no-untyped-def]
    """Put the cells `first` to `last` anywhere alike within their mesh cells."""
    for i in range(first, last):
        a, b, c, e = draw(seed, names[i], step, purpose, 0)
        low, high = edges[place[i]], edges[place[i] + 1]
        share = uniform(a, b)
        if axes == 1:
            position[i, 0] = low + share * (high - low)
            continue
        r = (low**axes + share * (high**axes - low**axes)) ** (1.0 / axes)
        if axes == 2:
            angle = 2.0 * np.pi * coarse(c)
            position[i, 0], position[i, 1] = r * np.cos(angle), r * np.sin(angle)
        else:
            x, y, z = direction(c, e)
            position[i, 0], position[i, 1], position[i, 2] = r * x, r * y, r * z


@serial
def shift(first, last, position, place, by, axes, edges, inner_wall):  # type: ignore[no-untyped-def]
    """Move the cells `first` to `last` by the ways `by` (n, 3) between walls that reflect all."""
    p, way, unused = np.zeros(3), np.zeros(3), np.zeros(3)
    closed = np.full(2, REFLECT)
    for i in range(first, last):
        for a in range(3):
            p[a], way[a] = position[i, a], by[i, a] if a < axes else 0.0
        _go(p, way, unused, axes, edges, inner_wall, closed)
        for a in range(3):
            position[i, a] = p[a]
        place[i] = mesh_cell_at(edges, distance(p, axes))
