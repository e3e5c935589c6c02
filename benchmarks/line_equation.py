"""The reference engine's equation on a row of cells without FiPy: the same scheme, in less time.

It finds the errors of steps that FiPy would need hours for; the test compares its steps with
FipyEngine's.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_banded

from cartflow.geometries.geometry import Geometry
from cartflow.pde.problem import Problem
from cartflow.pde.reference.equation import Coefficients
from cartflow.pde.reference.implicit_euler import ImplicitEuler

Array = np.ndarray


def equivalent(problem: Problem) -> ImplicitEuler:
    """Return the reference engine's scheme on a slab or a ball, with tridiagonal solves."""
    line = LineEquation(problem.geometry)
    return ImplicitEuler(problem, {item.name: line for item in problem.fields if item.mobile})


class LineEquation:
    """An `Equation` on cells in a row: backward Euler, upwind drift, closed ends."""

    def __init__(self, geometry: Geometry) -> None:
        faces = geometry.connectivity
        self._volumes = geometry.cell_volumes
        self._areas = faces.areas
        self._conductance = faces.areas / (faces.owner_distance + faces.neighbour_distance)

    def solve(self, amount: Array, dt: float, coefficients: Coefficients) -> Array:
        """Return u after `dt` days from `amount` per mesh cell."""
        c = coefficients
        to_low, to_high = self._transfer(c)
        diagonal = self._volumes * (c.storage / dt + c.loss)
        diagonal[:-1] += to_high
        diagonal[1:] += to_low
        bands = np.zeros((3, diagonal.size))
        bands[0, 1:], bands[1], bands[2, :-1] = -to_low, diagonal, -to_high
        return np.asarray(solve_banded((1, 1), bands, self._volumes * (amount / dt + c.gain)))

    def rate(self, values: Array, coefficients: Coefficients) -> Array:
        """Return the right-hand side at `values` per mesh cell."""
        to_low, to_high = self._transfer(coefficients)
        flux = np.zeros(values.size + 1)
        flux[1:-1] = to_high * values[:-1] - to_low * values[1:]
        net = -np.diff(flux) / self._volumes
        return np.asarray(net + coefficients.gain - coefficients.loss * values)

    def _transfer(self, coefficients: Coefficients) -> tuple[Array, Array]:
        exchange = self._conductance * coefficients.diffusivity
        if coefficients.velocity is None:
            return exchange, exchange
        flow = self._areas * coefficients.velocity
        return exchange - np.minimum(flow, 0.0), exchange + np.maximum(flow, 0.0)
