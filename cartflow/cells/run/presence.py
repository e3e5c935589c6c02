"""How much of cells rates see: their numbers or volumes, and of the dead that are still there."""

from __future__ import annotations

import numpy as np

from cartflow.cells.asked import Asked
from cartflow.cells.population import Population

Array = np.ndarray


def present(cells: Population, remains: Population, asked: Asked, mesh_cells: int) -> Array:
    """Return how much of each kind rates see (kinds, mesh cells), in whole living cells.

    A cell counts 1, or by volume the share of its kind's that it has; of the `remains` each counts
    as many times that as its kind is active. Thus does uptake in PhysiCell go by volume
    (Ghaffarizadeh et al. 2016, doi 10.1093/bioinformatics/btv730).
    """
    active = np.array([body.remains_activity for body in asked.bodies])
    shrunk = np.array([body.remains_volume for body in asked.bodies])
    dead = active[remains.kind]
    if asked.by_volume:
        dead = dead * shrunk[remains.kind] * _volumes(remains, asked)
    found = _summed(cells, _volumes(cells, asked), asked, mesh_cells)
    return found + _summed(remains, dead, asked, mesh_cells)


def _volumes(cells: Population, asked: Asked) -> Array:
    """Return which share of its kind's volume each cell has, 1 where only numbers count."""
    if not asked.by_volume or asked.missing < 0:
        return np.ones(cells.size)
    return np.asarray(1.0 - cells.traits[:, asked.missing].astype(float))


def _summed(cells: Population, weight: Array, asked: Asked, mesh_cells: int) -> Array:
    kinds = len(asked.kinds)
    where = cells.kind.astype(np.int64) * mesh_cells + cells.place
    found = np.bincount(where, weight, minlength=kinds * mesh_cells)
    return found.reshape(kinds, mesh_cells)
