"""Cells of one kind in a room, and how they walk, for tests."""

import numpy as np

from cartflow.cells.movement.gait import Gait
from cartflow.cells.movement.walk import placed


def gait(
    *, diffusivity=0.0, speed=0.0, persistence=0.0, pause=0.0, bias=0.0, walls=2, stops=(), drift=-1
):
    ways = np.zeros((1, walls), dtype=np.int64)
    ways[0, list(stops)] = 1
    return Gait(
        diffusivity=np.array([diffusivity]),
        speed=np.array([speed]),
        persistence=np.array([persistence]),
        pause=np.array([pause]),
        bias=np.array([bias]),
        ways=ways,
        films=np.zeros((1, walls)),
        drifts=np.array([drift]),
    )


def cells(room, places, seed=1):
    return placed(room, np.zeros(len(places), dtype=int), np.asarray(places), 0, 0, seed)
