"""Cells that come in through walls: from a film, a fixed density, or at a given flux."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.chance.streams import stream
from cartflow.cells.movement.walk import Room, shifted
from cartflow.cells.population import Population, head
from cartflow.cells.room.films import leaked
from cartflow.cells.room.gates import Gate
from cartflow.cells.room.grid import Grid

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Feed:
    """Cells of a `kind` that come through the wall of number `wall`, by its `gate`.

    Either `flux` of them a day and mm2, of which those that leak out again through a `film`
    (mm/day) are not counted; or from a fixed `density` (cells/mm3) at the wall. They spread with
    `diffusivity` (mm2/day).
    """

    kind: int
    wall: int
    gate: Gate
    diffusivity: float
    flux: float = 0.0
    film: float = 0.0
    density: float = 0.0


def fed(
    feed: Feed, room: Room, days: float, step: int, seed: int, unborn: int, traits: int
) -> Population:
    """Return who came in within `days` and is inside at their end.

    At a plane that is exact: a Poisson number, each for the time since it came spread as the
    kernel of the wall has it, or by the profile erfc(y / sqrt(4 D t)) from a fixed density.
    """
    generator = stream(seed, "walls", (step, feed.kind, feed.wall))
    deep = _from_density if feed.density > 0.0 else _from_flux
    depths = deep(generator, feed, days)
    new = replace(
        Population.fresh(depths.size, traits, unborn),
        kind=np.full(depths.size, feed.kind, dtype=np.int8),
    )
    head(0, new.size, new.heading, new.name, step, seed)
    inwards = _on_the_wall(new, room, feed, generator)
    return shifted(new, room, depths[:, None] * inwards)


def _from_flux(generator: np.random.Generator, feed: Feed, days: float) -> Array:
    number = generator.poisson(feed.flux * feed.gate.area * days)
    since = days * generator.random(number)
    depths = np.abs(generator.standard_normal(number)) * np.sqrt(2.0 * feed.diffusivity * since)
    if feed.film == 0.0:
        return depths
    chances = [
        leaked(0.0, y, feed.film, feed.diffusivity, t) for y, t in zip(depths, since, strict=True)
    ]
    return np.asarray(depths[generator.random(number) >= np.array(chances)])


def _from_density(generator: np.random.Generator, feed: Feed, days: float) -> Array:
    length = np.sqrt(4.0 * feed.diffusivity * days)
    number = generator.poisson(feed.density * feed.gate.area * length / np.sqrt(np.pi))
    # Even below the root of an exponential number is what has the density sqrt(pi) erfc.
    return np.asarray(
        length * generator.random(number) * np.sqrt(generator.exponential(1.0, number))
    )


def _on_the_wall(new: Population, room: Room, feed: Feed, generator: np.random.Generator) -> Array:
    """Put cells on the wall, each in the mesh cell behind it; return the ways inwards (n, 3)."""
    gate, rows = feed.gate, np.arange(new.size)
    face = generator.integers(gate.cells.size, size=new.size)
    new.place[:] = gate.cells[face]
    inwards = np.zeros((new.size, 3))
    if isinstance(room, Grid):
        axis, ahead = gate.axis[face], gate.ahead[face]
        corner = room.voxels[new.place] - 1
        new.position[:] = (corner + generator.random((new.size, 3))) * room.spacing
        new.position[rows, axis] = (corner[rows, axis] + ahead) * room.spacing[axis]
        inwards[rows, axis] = 1.0 - 2.0 * ahead
        return inwards
    last = gate.ahead[0] == 1
    ways = new.heading.copy() if room.axes > 1 else np.eye(1, 3).repeat(new.size, axis=0)
    ways[:, room.axes :] = 0.0
    ways /= np.linalg.norm(ways, axis=1)[:, None] if new.size else 1.0
    new.position[:] = ways * (room.edges[-1] if last else room.edges[0])
    return -ways if last else ways
