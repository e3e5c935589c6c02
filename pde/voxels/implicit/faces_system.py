"""Conjugate gradients for one linear system on cells of unlike width, by their list of faces."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from cartflow.geometries.connectivity import Connectivity

Array = np.ndarray

_MOST = 2000  # iterations


class FacesSystem:
    """(local - div exchange grad) x = right, preconditioned by its diagonal; as `BoxSystem`.

    `exchange` has one entry a face of `faces`. `local`, `right`, `x` and `rest` = right - A x are
    per cell.
    """

    def __init__(self, faces: Connectivity, exchange: Array, size: int) -> None:
        self._exchange = _matrix(faces, exchange, size)
        self._coupled = self._exchange.diagonal()
        self.local, self.right, self.x, self.rest, self._along, self._inverse = np.zeros((6, size))
        self._fall, self._tries = 0.0, 0
        self.iterations = 0

    def set_local(self) -> None:
        """Take note that `local` is new."""
        self._inverse = 1.0 / (self.local + self._coupled)

    def begin(self) -> float:
        """Begin with x = 0; return the 1-norm of `rest`."""
        self.x[:] = 0.0
        self._along[:] = 0.0
        self.rest[:] = self.right
        self._fall, self._tries = 0.0, 0
        return float(np.abs(self.rest).sum())

    def solve(self, norm: float, target: float) -> float:
        """Go on from `norm` until the 1-norm of `rest` is at most `target`; return it.

        It may be more than that where it does not fall any further.
        """
        while norm > target and self._tries < _MOST:
            self._tries += 1
            self.iterations += 1
            near = self._inverse * self.rest
            before, self._fall = self._fall, float(self.rest @ near)
            self._along *= self._fall / before if before > 0.0 else 0.0
            self._along += near
            moved = self._product(self._along)
            length = self._fall / float(self._along @ moved)
            self.x += length * self._along
            self.rest -= length * moved
            norm = float(np.abs(self.rest).sum())
        return norm

    def true_rest(self) -> None:
        """Work out `rest` = right - A x anew, without what rounding has left."""
        np.subtract(self.right, self._product(self.x), out=self.rest)

    def _product(self, x: Array) -> Array:
        return np.asarray(self.local * x + self._exchange @ x)


def _matrix(faces: Connectivity, exchange: Array, size: int) -> csr_array:
    own, other = faces.owner, faces.neighbour
    rows = np.concatenate([own, other, own, other])
    columns = np.concatenate([other, own, own, other])
    values = np.concatenate([-exchange, -exchange, exchange, exchange])
    return csr_array(coo_array((values, (rows, columns)), shape=(size, size)))
