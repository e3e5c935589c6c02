"""How fast diffusion and losses are on equal voxels, for the number of stages of a step."""

from __future__ import annotations

import numpy as np

from cartflow.pde.operators.links import Links
from cartflow.pde.problem import Problem
from cartflow.pde.voxels.laid_out import Fields

Array = np.ndarray


def fastest_rates(fields: Fields, storage: Array, links: Links | None, problem: Problem) -> Array:
    """Bound the fastest rate of each species by twice the largest diagonal (Gershgorin)."""
    steepness = max((region.steepness for region in problem.following), default=1.0)
    speeds = 4.0 * fields.uniform.sum(axis=1)
    for i, (row, local) in enumerate(zip(fields.row, fields.local, strict=True)):
        if fields.way[i] == 4:
            speeds[i] += 2.0 * _fastest_on_grid(fields, row)
        elif fields.way[i] == 3:
            speeds[i] += 2.0 * _fastest_along_arms(fields, row)
        elif row >= 0 and links is not None:
            speeds[i] += 2.0 * _largest_outflow(fields.exchange[row], links, fields.volumes)
        if local >= 0:
            speeds[i] += steepness * float(fields.loss[local].max())
    return np.asarray(speeds / storage.min(axis=1))


def _largest_outflow(exchange: Array, links: Links, volumes: Array) -> float:
    """Return the largest sum of A D/(d V) over the faces of a cell, 1/day.

    Exchange below zero, beside wider cells, is in the bound already (Gershgorin).
    """
    passes = np.maximum(exchange[links.axis, links.first], 0.0)
    total = np.bincount(links.first, passes, volumes.size)
    total += np.bincount(links.second, passes, volumes.size)
    return float(np.max(total / volumes))


def _fastest_on_grid(fields: Fields, row: int) -> float:
    """Return the largest sum of the rates through the faces of a cell, 1/day."""
    rates, cells = fields.placed[row], fields.volumes.size
    slab = rates.shape[1] - cells
    steps = (slab, int(fields.shape[2]), 1)
    total = np.zeros(cells)
    for along, step in zip(rates, steps, strict=True):
        total += along[slab:]
        total += along[slab - step : along.size - step]
    return float(total.max())


def _fastest_along_arms(fields: Fields, row: int) -> float:
    """Return the largest sum of what passes over the arms of a cell, by its volume, 1/day."""
    begin = fields.arm_begin[row]
    sums = np.append(0.0, np.cumsum(fields.arm_exchange[begin[0] : begin[-1]]))
    return float(np.max(np.diff(sums[begin - begin[0]]) / fields.volumes))
