"""Walls of the mesh through which cells that hop come and go, at the rates of a density there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.pde.boundary import BoundaryCondition, FixedValue, Place, PrescribedFlux, Robin
from cartflow.pde.operators.crossings import crossings
from cartflow.pde.problem import Field, Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Wall:
    """A boundary for cells of a `kind`, of the number `place` among the problem's places.

    It lets in `gain` cells a day and takes up each at the rate `loss` per day (mesh cells).
    """

    kind: int
    place: int
    gain: Array
    loss: Array


def walls_of(problem: Problem, item: Field, kind: int) -> tuple[Wall, ...]:
    """Return the walls of a field, as finite volumes have them."""
    geometry = problem.geometry
    state = np.ones((len(problem.fields), geometry.size))
    diffusivity = problem.place_diffusivity(item, state)
    found = crossings(problem, item, diffusivity, state, np.ones(geometry.size))
    return tuple(
        Wall(
            kind=kind,
            place=problem.places.index(Place(field=item.name, kind="boundary", name=name)),
            gain=crossing.gain * geometry.cell_volumes,
            loss=crossing.loss,
        )
        for name, crossing in zip(item.boundaries, found, strict=False)
    )


def outwards(condition: BoundaryCondition) -> BoundaryCondition:
    """Return what is left of a boundary condition where nothing comes in."""
    if isinstance(condition, FixedValue):
        return FixedValue(value=0.0)
    if isinstance(condition, Robin):
        return Robin(transfer_coefficient=condition.transfer_coefficient)
    return PrescribedFlux(flux=0.0)


def inwards(walls: tuple[Wall, ...], many: Array) -> Array:
    """Return how many cells a day (kinds, mesh cells) come where cells are `many` (bool, alike)."""
    found = np.zeros(many.shape)
    for wall in walls:
        found[wall.kind] += np.where(many[wall.kind], wall.gain, 0.0)
    return found
