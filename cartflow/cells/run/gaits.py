"""How the kinds of a study walk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cartflow.cells.asked import Walking
from cartflow.cells.movement.gait import Gait
from cartflow.cells.movement.walk import Room
from cartflow.cells.room.gates import Gate
from cartflow.cells.room.row import REFLECT
from cartflow.cells.run.walls import films_of, ways_of
from cartflow.pde.problem import Field


def gait_of(
    walking: Sequence[Walking],
    fields: Sequence[Field],
    diffusivity: Sequence[float],
    room: Room,
    gates: Mapping[str, Gate],
) -> Gait:
    """Return how kinds walk by their `fields` and `diffusivity`, and last cells that stay."""
    laws = [item for item in fields if item.chemotaxis is not None]
    persistence = np.array([each.persistence for each in walking], dtype=float)
    drifts = [laws.index(item) if item in laws else -1 for item in fields]
    ways = [ways_of(item, room.walls) for item in fields]
    films = [films_of(item, room.walls, gates) for item in fields]
    all_walking = [*walking, Walking()]
    return Gait(
        # What walks straight on has a diffusivity in the long run, by which it does not step.
        diffusivity=np.array([*np.where(persistence > 0.0, 0.0, diffusivity), 0.0]),
        speed=np.array([each.speed for each in all_walking], dtype=float),
        persistence=np.array([each.persistence for each in all_walking], dtype=float),
        pause=np.array([each.pause for each in all_walking], dtype=float),
        bias=np.array([each.bias for each in all_walking], dtype=float),
        films=np.array([*films, [0.0] * len(room.walls)]),
        ways=np.array([*ways, [REFLECT] * len(room.walls)], dtype=np.int64),
        drifts=np.array([*drifts, -1], dtype=np.int64),
    )
