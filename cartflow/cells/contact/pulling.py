"""Hunters drawn to all targets in the cube of space where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.cells.population import Population

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Pull:
    """A `hunter` (kind) moves to each `target` in its cube of edge `cubes` (mm).

    It does so at `rate` (1/day) times the distance.
    """

    hunter: int
    target: int
    cubes: float
    rate: float


def pulled(cells: Population, pulls: Sequence[Pull], moving: Array) -> Array:
    """Return the velocity (n, 3) of each of the cells, mm/day: of a sum over the targets."""
    velocity = np.zeros_like(cells.position)
    for pull in pulls:
        hunts, targets = cells.kind == pull.hunter, cells.kind == pull.target
        if not hunts.any() or not targets.any():
            continue
        cube = _cubes(cells.position, pull.cubes, moving)
        number = np.bincount(cube, targets)[cube[hunts]]
        for axis in np.flatnonzero(moving):
            along = cells.position[:, axis]
            sums = np.bincount(cube, targets * along)[cube[hunts]]
            velocity[hunts, axis] += pull.rate * (sums - number * along[hunts])
    return velocity


def _cubes(position: Array, edge: float, moving: Array) -> Array:
    index = np.floor(position / edge).astype(np.int64) * moving
    index -= index.min(axis=0)
    return np.ravel_multi_index(tuple(index.T), tuple(index.max(axis=0) + 1))
