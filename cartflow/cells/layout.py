"""Where cells are at the start, if not anywhere by a density: on a lattice, or some in a shell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cartflow.cells.movement.walk import moving_of
from cartflow.cells.room.grid import Grid
from cartflow.cells.room.row import Row
from cartflow.core.outcome import InputError

Array = np.ndarray
Lattice = Literal["close_packed", "rows"]
_TRIES = 200  # of each cell before a shell counts as having no room
_BALL = 4.0 / 3.0 * np.pi * np.sqrt(2.0)  # places in a ball whose radius is the spacing


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Cells less than `within` (mm) and more than `beyond` from the middle of the tumour.

    A `number` of them is anywhere there, or without one they stand on all places of a `lattice`
    whose neighbours are `spacing` (mm) apart. ``close_packed`` is the hexagonal one, sqrt(2) /
    spacing^3 cells; ``rows`` are those of PhysiCell (Ghaffarizadeh et al. 2018, doi
    10.1371/journal.pcbi.1005991), 4 / (3 spacing^3), laid from a corner at -`within`.
    """

    within: float = np.inf
    beyond: float = 0.0
    number: int = 0
    lattice: Lattice | None = None
    spacing: float = 0.0


def laid(
    layout: Layout, room: Row | Grid, generator: np.random.Generator, most: int, where: str
) -> tuple[Array, Array]:
    """Return positions (n, 3) in mm and mesh cells (n) of the cells that a layout has in a room.

    Raises `InputError`, beginning with `where`, where there is no room, or more than `most`.
    """
    if layout.lattice is None:
        if layout.number > most:
            msg = f"{where}.number: {layout.number} cells are more than cells.most = {most}"
            raise InputError(msg)
        return _anywhere(layout, room, generator, where)
    # Nothing of the room is farther from its middle.
    layout = replace(
        layout, within=min(layout.within, float(np.linalg.norm(np.ptp(_box(room), 0))))
    )
    if _BALL * (layout.within / layout.spacing) ** 3 > most:
        msg = f"{where}.spacing: a ball of {layout.within:g} mm holds more than cells.most = {most}"
        raise InputError(msg)
    position = middle_of(room) + lattice_points(layout)
    place = located(room, position)
    return position[place >= 0], place[place >= 0]


def lattice_points(layout: Layout) -> Array:
    """Return the places (n, 3) of a layout's lattice from its middle, in mm."""
    make = _close_packed if layout.lattice == "close_packed" else _rows
    points = make(layout.within, layout.spacing)
    far = np.linalg.norm(points, axis=1)
    return points[(far < layout.within) & (far >= layout.beyond)]


def _close_packed(reach: float, spacing: float) -> Array:
    """Return hexagonal layers, every other one over the gaps of the first; one cell is at 0."""
    count = int(np.ceil(reach / (spacing * np.sqrt(2.0 / 3.0)))) + 2
    i, j, k = np.meshgrid(*[np.arange(-count, count + 1)] * 3, indexing="ij")
    x = i + 0.5 * (j % 2 + k % 2)
    y = np.sqrt(3.0) / 2.0 * (j + k % 2 / 3.0)
    z = np.sqrt(2.0 / 3.0) * k
    return spacing * np.stack([x, y, z], axis=-1).reshape(-1, 3)


def _rows(reach: float, spacing: float) -> Array:
    """Return rows along y, every other one shifted by half, in layers of which so are x."""
    radius = 0.5 * spacing
    across = np.arange(-reach, reach, np.sqrt(3.0) * radius)
    along = np.arange(-reach, reach, spacing)
    layer, row, n = np.meshgrid(
        *map(np.arange, (across.size, across.size, along.size)), indexing="ij"
    )
    x = across[row] + layer % 2 * 0.5 * radius
    # Rows are counted on from layer to layer.
    y = along[n] + (layer * across.size + row) % 2 * radius
    return np.stack([x, y, across[layer]], axis=-1).reshape(-1, 3)


def _anywhere(
    layout: Layout, room: Row | Grid, generator: np.random.Generator, where: str
) -> tuple[Array, Array]:
    low, high, middle = *_box(room), middle_of(room)
    position, place = np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    batch = layout.number + 1000
    for _ in range(_TRIES):
        tried = low + generator.random((batch, 3)) * (high - low)
        far = np.linalg.norm((tried - middle) * moving_of(room), axis=1)
        there = located(room, tried)
        good = (there >= 0) & (far < layout.within) & (far >= layout.beyond)
        position, place = np.concatenate([position, tried[good]]), np.append(place, there[good])
        if place.size >= layout.number:
            return position[: layout.number], place[: layout.number]
    msg = f"{where}: there is hardly any tissue between beyond and within"
    raise InputError(msg)


def middle_of(room: Row | Grid) -> Array:
    """Return the middle of a room (mm): the centre of a ball, the mean place of voxels."""
    if isinstance(room, Row):
        return np.zeros(3)
    return np.asarray((room.voxels.mean(axis=0) - 0.5) * room.spacing)


def located(room: Row | Grid, position: Array) -> Array:
    """Return the mesh cell of each position (n, 3), -1 for none."""
    if isinstance(room, Row):
        far = np.linalg.norm(position[:, : room.axes], axis=1)
        place = np.searchsorted(room.edges, far, "right") - 1
        return np.where(place < room.edges.size - 1, place, -1)
    voxel = np.floor(position / room.spacing).astype(np.int64) + 1
    inside = np.all((voxel > 0) & (voxel < np.array(room.inside.shape) - 1), axis=1)
    place = np.full(len(position), -1, dtype=np.int64)
    place[inside] = np.maximum(room.inside[tuple(voxel[inside].T)], -1)
    return place


def _box(room: Row | Grid) -> tuple[Array, Array]:
    if isinstance(room, Row):
        return np.full(3, -room.edges[-1]), np.full(3, room.edges[-1])
    return np.zeros(3), room.spacing * (np.array(room.inside.shape) - 2)
