"""Rates through the faces of a whole grid, of diffusivities that differ from place to place."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.pde.operators.links import spacings
from cartflow.pde.operators.transport import moves_steadily
from cartflow.pde.problem import Problem

Array = np.ndarray


def is_whole_grid(geometry: Geometry) -> bool:
    """Return whether all places of a grid are cells, and all of them equal."""
    volumes = geometry.cell_volumes
    # Blocks at the rim of a full mask may hold fewer voxels than others.
    return bool(geometry.active.all() and np.all(volumes == volumes[0]) and not geometry.listed)


def placed_diffusivities(problem: Problem, uniform: dict[int, float]) -> tuple[int, ...]:
    """Return the fields that need no list of neighbours though their D differs by place."""
    cut = any(edge.shifts is not None for edge in problem.geometry.boundaries.values())
    if cut or not is_whole_grid(problem.geometry):
        return ()
    return tuple(
        i
        for i, item in enumerate(problem.fields)
        if item.mobile
        and i not in uniform
        and item.anisotropy is None
        and moves_steadily(problem, item)
    )


def grid_rates(problem: Problem, placed: tuple[int, ...]) -> Array:
    """Return D/dx^2 at the face ahead of each cell, 1/day, (fields, 3, slab + cells).

    D at a face is the harmonic mean. The rows are along slabs, rows and cells, after zeros for one
    slab; a rectangle's slabs are its rows.
    """
    shape = problem.geometry.active.shape
    slab = int(np.prod(shape[1:]))
    found = np.zeros((len(placed), 3, slab + problem.geometry.size))
    start = np.ones((len(problem.fields), problem.geometry.size))
    along = (0, 1, 2) if len(shape) == 3 else (0, 2)
    for rows, i in zip(found, placed, strict=True):
        d = problem.place_diffusivity(problem.fields[i], start).reshape(shape)
        for axis, row, step in zip(
            range(len(shape)), along, spacings(problem.geometry), strict=True
        ):
            ahead = np.moveaxis(rows[row, slab:].reshape(shape), axis, 0)
            own, other = np.moveaxis(d, axis, 0)[:-1], np.moveaxis(d, axis, 0)[1:]
            both = own + other
            mean = np.divide(2.0 * own * other, both, out=np.zeros_like(both), where=both > 0)
            ahead[:-1] = mean / step**2
    return found
