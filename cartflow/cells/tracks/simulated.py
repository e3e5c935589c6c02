"""Tracks of cells that walk freely, seen as an instrument would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cartflow.cells.tracks.fit import Walk

Array = np.ndarray


def simulate_tracks(
    walk: Walk, frames: Sequence[int], interval: float, *, axes: int = 3, seed: int = 1
) -> list[Array]:
    """Return one track (frames, axes) for each number of `frames`, `interval` apart.

    Cells go straight on for exponential times, turn anywhere alike, and are seen along the first
    `axes` with the error of the walk; each has its own speed if that has a spread. Units are those
    of the walk.
    """
    generator = np.random.default_rng(seed)
    found = []
    for count in frames:
        ends = _corners(generator, _of_one(generator, walk), interval * count)
        place = np.stack(
            [
                np.interp(interval * np.arange(count), ends[:, 0], ends[:, 1 + a])
                for a in range(axes)
            ],
            axis=1,
        )
        found.append(place + walk.noise * generator.standard_normal(place.shape))
    return found


def _of_one(generator: np.random.Generator, walk: Walk) -> Walk:
    """Return the walk of one cell, at a speed of its own."""
    if walk.speed_spread == 0.0:
        return walk
    above = walk.speed_spread * (generator.standard_normal() - walk.speed_spread)
    return replace(walk, speed=walk.speed * float(np.exp(above)), speed_spread=0.0)


def _corners(generator: np.random.Generator, walk: Walk, until: float) -> Array:
    """Return the times and places (corners, 4) at which a cell turns."""
    most = int(until / walk.persistence + 10.0 * np.sqrt(until / walk.persistence) + 20.0)
    times = generator.exponential(walk.persistence, most)
    ways = generator.standard_normal((most, 3))
    ways *= (walk.speed * times / np.linalg.norm(ways, axis=1))[:, None]
    corners = np.concatenate([np.cumsum(times)[:, None], np.cumsum(ways, axis=0)], axis=1)
    return np.concatenate([np.zeros((1, 4)), corners])
