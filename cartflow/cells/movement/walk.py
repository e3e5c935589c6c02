"""Cells put into a room and moved in it, whatever its shape, by all threads."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cartflow.cells.chance.philox import PLACING
from cartflow.cells.movement import in_grid, in_row
from cartflow.cells.movement.gait import Gait
from cartflow.cells.population import Population, head
from cartflow.cells.room.grid import Grid, grid_of
from cartflow.cells.room.row import Row, is_row, row_of
from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray
Room = Row | Grid

# A step of a cell is at most this share of what it must resolve.
_OF_MESH = 0.5
_OF_RADIUS = 0.05


def room_of(geometry: Geometry) -> Room:
    """Return where cells may be. Raises `InputError` for a geometry that is not there yet."""
    if geometry.cell_mesh is not None:
        raise InputError("geometry.shape: 'mesh' is not there for fields as cells yet")
    return row_of(geometry) if is_row(geometry) else grid_of(geometry)


def placed(
    room: Room, kind: Array, place: Array, unborn: int, step: int, seed: int, traits: int = 0
) -> Population:
    """Return new cells of `kind` in the mesh cells `place`, anywhere in them, facing anywhere.

    Their names follow from `unborn` on.
    """
    count = kind.size
    new = replace(
        Population.fresh(count, traits, unborn),
        kind=kind.astype(np.int8),
        place=place.astype(np.int32),
    )
    head(0, count, new.heading, new.name, step, seed)
    new.position[:] = anywhere_in(room, new.place, new.name, step, seed)
    return new


def anywhere_in(room: Room, place: Array, name: Array, step: int, seed: int) -> Array:
    """Return positions (n, 3) in mm of cells by `name`, anywhere in the mesh cells `place`."""
    position = np.zeros((place.size, 3))
    drawing = (step, seed, PLACING)
    if isinstance(room, Row):
        in_row.put(0, place.size, position, place, name, room.axes, room.edges, *drawing)
    else:
        in_grid.put(0, place.size, position, place, name, room.spacing, room.voxels, *drawing)
    return position


def fastest_of(velocity: Array) -> float:
    """Return the largest size of a velocity along an axis, mm/day."""
    return max(float(velocity.max(initial=0.0)), -float(velocity.min(initial=0.0)))


def parts_of(room: Room, gait: Gait, fastest: float, dt: float) -> int:
    """Return in how many parts cells move within `dt` days; `fastest` is their drift, mm/day.

    With a drift, or a wall that takes cells up, each is half of the narrowest mesh cell at most;
    else at curved walls a twentieth of the radius, and in a mask one voxel. Between plane walls a
    Brownian step is exact however long.
    """
    most = math.inf
    if isinstance(room, Row):
        width = float(np.diff(room.edges).min())
        if room.axes > 1:
            most = _OF_RADIUS * float(room.edges[-1])
            if room.inner_wall:
                most = min(most, 2.0 * _OF_RADIUS * float(room.edges[0]))
    else:
        width = float(room.spacing[room.moving].min())
        if len(room.voxels) != np.prod(np.array(room.inside.shape) - 2):
            most = width
    if gait.drifting or gait.stops:
        most = min(most, _OF_MESH * width)
    spread = 2.0 * float(gait.diffusivity.max(initial=0.0)) * dt / most**2
    straight = fastest * dt / (_OF_MESH * width)
    return max(1, math.ceil(spread), math.ceil(straight))


def walked(
    population: Population,
    room: Room,
    gait: Gait,
    velocity: Array,
    dt: float,
    step: int,
    seed: int,
    fastest: float | None = None,
) -> Population:
    """Return the cells after `dt` days; of those that a wall took up, `place` is -1 - wall.

    A cell that holds another, or pauses after that, stays. `fastest` is the largest `velocity`, for
    callers that know it.
    """
    new = replace(
        population,
        position=population.position.copy(),
        heading=population.heading.copy(),
        place=population.place.copy(),
    )
    fastest = fastest_of(velocity) if fastest is None else fastest
    parts = parts_of(room, gait, fastest, dt)
    walking = (gait.diffusivity, gait.speed, gait.persistence, gait.pause, gait.bias)
    numbers = (*walking, gait.ways, gait.films, gait.drifts, velocity)
    resting = (new.mate >= 0) | (new.clock < 0)
    kind = np.where(resting, gait.speed.size - 1, new.kind) if resting.any() else new.kind
    cells = (new.position, new.heading, kind, new.place, new.name)

    def task(first: int, last: int) -> None:
        if isinstance(room, Row):
            shape = (room.axes, room.edges, room.inner_wall)
            in_row.walk(first, last, *cells, *shape, *numbers, dt, parts, step, seed)
        else:
            voxels = (room.spacing, room.inside, room.voxels, room.moving)
            in_grid.walk(first, last, *cells, *voxels, *numbers, dt, parts, step, seed)

    in_parts(task, new.size, new.size)
    return new


def shifted(population: Population, room: Room, by: Array) -> Population:
    """Return the cells moved by the ways `by` (n, 3) in mm; walls reflect them."""
    new = replace(population, position=population.position.copy(), place=population.place.copy())

    def task(first: int, last: int) -> None:
        cells = (new.position, new.place, by)
        if isinstance(room, Row):
            in_row.shift(first, last, *cells, room.axes, room.edges, room.inner_wall)
        else:
            voxels = (room.spacing, room.inside, room.voxels, room.moving)
            in_grid.shift(first, last, *cells, *voxels)

    in_parts(task, new.size, new.size)
    return new


def moving_of(room: Room) -> Array:
    """Return along which of three axes cells move (bool)."""
    return np.arange(3) < room.axes if isinstance(room, Row) else room.moving
