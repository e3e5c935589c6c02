"""Conjugate gradients for one linear system on cells of unlike width, or that exchange by arms."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array

from cartflow.geometries.connectivity import Connectivity
from cartflow.pde.voxels.implicit.system import ConjugateGradients
from cartflow.pde.voxels.laid_out import Fields

Array = np.ndarray


class FacesSystem(ConjugateGradients):
    """(local - div exchange grad) x = right, preconditioned by its diagonal; as `BoxSystem`.

    `exchange` is the matrix of -div exchange grad. `local`, `right`, `x` and `rest` = right - A x
    are per cell.
    """

    most = 2000

    def __init__(self, exchange: csr_array, size: int) -> None:
        super().__init__(size)
        self._exchange = exchange
        self._coupled = self._exchange.diagonal()
        self._inverse, self._near = np.zeros((2, size))

    def set_local(self) -> None:
        """Take note that `local` is new."""
        self._inverse = 1.0 / (self.local + self._coupled)

    def true_rest(self) -> None:
        """Work out `rest` = right - A x anew, without what rounding has left."""
        np.subtract(self.right, self._product(self.x), out=self.rest)

    def _precondition(self) -> float:
        self._near = self._inverse * self.rest
        return float(self.rest @ self._near)

    def _turn(self, share: float) -> float:
        if share == 0.0:
            self._along[:] = 0.0
        self._along *= share
        self._along += self._near
        self._moved = self._product(self._along)
        return float(self._along @ self._moved)

    def _advance(self, length: float) -> float:
        self.x += length * self._along
        self.rest -= length * self._moved
        return float(np.abs(self.rest).sum())

    def _product(self, x: Array) -> Array:
        return np.asarray(self.local * x + self._exchange @ x)


def arms_matrix(fields: Fields, species: int) -> csr_array:
    """Return the matrix of what a species exchanges along its arms, mm^3/day."""
    begin = fields.arm_begin[fields.row[species]]
    entries = slice(int(begin[0]), int(begin[-1]))
    size = begin.size - 1
    passes = (fields.arm_exchange[entries], fields.arm_to[entries], begin - begin[0])
    between = csr_array(passes, shape=(size, size))
    return csr_array(diags_array(between.sum(axis=1)) - between)


def faces_matrix(faces: Connectivity, exchange: Array, size: int) -> csr_array:
    """Return the matrix of what cells exchange through `faces`, mm^3/day per face."""
    own, other = faces.owner, faces.neighbour
    rows = np.concatenate([own, other, own, other])
    columns = np.concatenate([other, own, own, other])
    values = np.concatenate([-exchange, -exchange, exchange, exchange])
    return csr_array(coo_array((values, (rows, columns)), shape=(size, size)))
