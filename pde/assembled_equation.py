"""One field's equation as arrays over the faces, with the same unknowns that FiPy would solve."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dgtsv
from scipy.sparse import csr_matrix

from cartflow.geometries.geometry import Geometry
from cartflow.outcome import StepFailed
from cartflow.pde.equation import Coefficients
from cartflow.pde.nonnegative_solver import solve_iterative

Array = np.ndarray


class AssembledEquation:
    """An `Equation` assembled from the mesh's faces with NumPy and solved with LAPACK or SciPy.

    It has the same unknowns and the same matrix as FiPy's, without FiPy's work at each step.
    """

    def __init__(self, geometry: Geometry) -> None:
        faces = geometry.connectivity
        self._volumes = geometry.cell_volumes
        self._owner, self._neighbour = faces.owner, faces.neighbour
        self._areas = faces.areas
        self._conductance = faces.areas / (faces.owner_distance + faces.neighbour_distance)
        self._size = geometry.size
        in_line = self._size > 1 and np.array_equal(faces.owner, np.arange(self._size - 1))
        self._tridiagonal = in_line and np.array_equal(faces.neighbour, faces.owner + 1)

    def solve(self, amount: Array, dt: float, coefficients: Coefficients) -> Array:
        """Return u after `dt` days from `amount` per mesh cell."""
        c = coefficients
        to_owner, to_neighbour = self._transfer(c)
        diagonal = self._volumes * (c.storage / dt + c.loss)
        diagonal += np.bincount(self._owner, to_neighbour, self._size)
        diagonal += np.bincount(self._neighbour, to_owner, self._size)
        right = self._volumes * (amount / dt + c.gain)
        if not (np.isfinite(diagonal).all() and np.isfinite(right).all()):
            # The engine finds it there and names the field.
            return np.full(self._size, np.nan)
        if self._tridiagonal:
            return _solve_line(-to_neighbour, diagonal, -to_owner, right)
        rows = np.concatenate([np.arange(self._size), self._owner, self._neighbour])
        columns = np.concatenate([np.arange(self._size), self._neighbour, self._owner])
        values = np.concatenate([diagonal, -to_owner, -to_neighbour])
        matrix = csr_matrix((values, (rows, columns)), shape=(self._size, self._size))
        return solve_iterative(matrix, right, amount / c.storage)

    def rate(self, values: Array, coefficients: Coefficients) -> Array:
        """Return the right-hand side at `values` per mesh cell."""
        to_owner, to_neighbour = self._transfer(coefficients)
        flux = to_neighbour * values[self._owner] - to_owner * values[self._neighbour]
        net = np.bincount(self._neighbour, flux, self._size)
        net -= np.bincount(self._owner, flux, self._size)
        return np.asarray(net / self._volumes + coefficients.gain - coefficients.loss * values)

    def _transfer(self, coefficients: Coefficients) -> tuple[Array, Array]:
        """Return what crosses each face per unit of u: from the neighbour, and from the owner."""
        exchange = self._conductance * coefficients.diffusivity
        if coefficients.velocity is None:
            return exchange, exchange
        flow = self._areas * coefficients.velocity
        return exchange - np.minimum(flow, 0.0), exchange + np.maximum(flow, 0.0)


def _solve_line(below: Array, diagonal: Array, above: Array, right: Array) -> Array:
    """Solve a tridiagonal M-matrix; dominant in its columns, it needs no pivoting."""
    *_, solution, information = dgtsv(below, diagonal, above, right)
    if information != 0:
        raise StepFailed("linear solver", "the matrix is singular")
    return np.asarray(solution)
