"""What crosses a named boundary, and what a named region adds or removes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.pde.anisotropic.sides import across
from cartflow.pde.boundary import PrescribedFlux, conductance, exterior_value
from cartflow.pde.operators.standing import distances_to
from cartflow.pde.problem import Field, Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Crossing:
    """One source or boundary: `gain` amount/mm^3/day and `loss` 1/day, both per cell.

    What a region supplies and what it removes are two flows (`apart`). Through a boundary there
    is one flux in each place, gain - loss u, which comes in or goes out.
    """

    apart: bool
    gain: Array
    loss: Array

    def flows(self, values: Array) -> tuple[Array, Array]:
        """Return what comes in and what goes out at `values`, amount/mm^3/day per cell."""
        if self.apart:
            return self.gain, self.loss * values
        return by_sign(self.gain - self.loss * values)


def by_sign(net: Array) -> tuple[Array, Array]:
    """Return what is positive, and what is negative, the latter without its sign."""
    return np.maximum(net, 0.0), np.maximum(-net, 0.0)


def crossings(
    problem: Problem, item: Field, diffusivity: Array, state: Array, storage: Array
) -> list[Crossing]:
    """Return every crossing of one field at the coefficients and the `state` of now.

    They are in the order of `Field.places`. Where the diffusivity depends on the unknown, the
    half cell at a boundary has the mean of that of the cell and that of the exterior value.
    """
    result, geometry = [], problem.geometry
    values = state[problem.network.index(item.name)]
    for name, condition in item.boundaries.items():
        faces = geometry.boundary(name)
        gain, loss = np.zeros(geometry.size), np.zeros(geometry.size)
        per_volume = faces.areas / geometry.cell_volumes[faces.cells]
        if isinstance(condition, PrescribedFlux):
            np.add.at(gain, faces.cells, condition.flux * per_volume)
        else:
            exterior = exterior_value(condition)
            inner = diffusivity[faces.cells]
            if item.anisotropy is not None:
                inner = inner * across(item.anisotropy[faces.cells], name)
            if item.density_dependence is not None:
                law = item.density_dependence
                inner = inner * 0.5 * (law.factor(values[faces.cells]) + law.factor(exterior))
            distances = distances_to(condition, geometry, faces, diffusivity)
            rate = conductance(condition, inner, distances) * per_volume
            np.add.at(gain, faces.cells, rate * exterior)
            np.add.at(loss, faces.cells, rate)
        result.append(Crossing(apart=False, gain=gain, loss=loss))
    return result + source_crossings(problem, item, state, storage)


def source_crossings(problem: Problem, item: Field, state: Array, storage: Array) -> list[Crossing]:
    """Return what each region supplies and removes of one field at the `state` of now."""
    result = []
    for source in item.sources:
        inside = problem.region(source.region, state)
        # The removal takes its share of the amount, storage x u.
        loss = source.removal * inside * storage
        result.append(Crossing(apart=True, gain=source.supply * inside, loss=loss))
    return result
