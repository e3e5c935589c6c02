"""Cells smaller than their kind: those that have just divided, and what is left of dead ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.cells.asked import Asked
from cartflow.cells.population import Population

Array = np.ndarray


def grown(cells: Population, asked: Asked, dt: float) -> Population:
    """Return the cells after `dt` days in which they grow back what is missing of their volume.

    Cells of kinds that do not grow have their volume at once.
    """
    if asked.missing < 0 or not cells.size:
        return cells
    left = np.where(asked.growth > 0.0, np.exp(-asked.growth * dt), 0.0)
    traits = cells.traits.copy()
    traits[:, asked.missing] *= left[cells.kind]
    return replace(cells, traits=traits)


def shares_of_radius(there: Population, remains: int, asked: Asked) -> Array | None:
    """Return which share of its kind's radius each has, the last `remains` dead ones.

    None where all have the whole.
    """
    if not remains and asked.missing < 0:
        return None
    volume = np.ones(there.size)
    if asked.missing >= 0:
        volume -= there.traits[:, asked.missing]
    if remains:
        shrunk = np.array([body.remains_volume for body in asked.bodies])
        volume[-remains:] *= shrunk[there.kind[-remains:]]
    return np.asarray(np.cbrt(volume))


def with_remains(cells: Population, remains: Population) -> Population:
    """Return the cells, and after them the `remains`."""
    return cells.joined(replace(remains, unborn=cells.unborn)) if remains.size else cells


def placed_as(cells: Population, moved: Population, rows: slice) -> Population:
    """Return the cells where these `rows` of others are."""
    if not cells.size:
        return cells
    return replace(cells, position=moved.position[rows], place=moved.place[rows])


def still_there(
    remains: Population, cells: Population, dead: Array, stay: Array, dt: float
) -> Population:
    """Return what is left after `dt` days, with the `dead` cells of kinds that `stay` (day)."""
    if remains.size:
        clock = remains.clock + np.float32(dt)
        remains = replace(remains, clock=clock).without(clock >= stay[remains.kind])
    new = dead & (stay[cells.kind] > 0.0)
    if not new.any():
        return remains
    left = cells.without(~new)
    nobody = np.full(left.size, -1, dtype=np.int32)
    return remains.joined(replace(left, mate=nobody, clock=np.zeros(left.size, np.float32)))
