"""Boundary conditions and region sources as gains and losses of mesh cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.pde.boundary import PrescribedFlux, conductance, exterior_value
from cartflow.pde.problem import Field

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Crossing:
    """One source or boundary: `gain` amount/mm^3/day and `loss` 1/day, both per cell."""

    gain: Array
    loss: Array

    def supplied_and_left(self, values: Array, volumes: Array, dt: float) -> tuple[float, float]:
        """Return what came in and what went out over `dt`, as a net amount on one side."""
        net = float(((self.gain - self.loss * values) @ volumes) * dt)
        return max(net, 0.0), max(-net, 0.0)


def crossings(
    item: Field, geometry: Geometry, diffusivity: Array, values: Array, storage: Array
) -> list[Crossing]:
    """Return every crossing of one field at the coefficients and `values` per cell of now.

    Where the diffusivity depends on the unknown, the half cell at a boundary has the mean of
    that of the cell and that of the exterior value.
    """
    result = []
    for name, condition in item.boundaries.items():
        faces = geometry.boundary(name)
        gain, loss = np.zeros(geometry.size), np.zeros(geometry.size)
        per_volume = faces.areas / geometry.cell_volumes[faces.cells]
        if isinstance(condition, PrescribedFlux):
            np.add.at(gain, faces.cells, condition.flux * per_volume)
        else:
            exterior = exterior_value(condition)
            inner = diffusivity[faces.cells]
            if item.density_dependence is not None:
                law = item.density_dependence
                inner = inner * 0.5 * (law.factor(values[faces.cells]) + law.factor(exterior))
            rate = conductance(condition, inner, faces.distances) * per_volume
            np.add.at(gain, faces.cells, rate * exterior)
            np.add.at(loss, faces.cells, rate)
        result.append(Crossing(gain=gain, loss=loss))
    for source in item.sources:
        inside = geometry.region(source.region).astype(float)
        # The removal takes its share of the amount, storage x u.
        loss = source.removal * inside * storage
        result.append(Crossing(gain=source.supply * inside, loss=loss))
    return result
