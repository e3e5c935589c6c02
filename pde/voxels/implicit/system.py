"""Preconditioned conjugate gradients for one linear system, whatever lays out its cells."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from cartflow.pde.voxels.implicit.runs import begun, closed

Array = np.ndarray


class ConjugateGradients(ABC):
    """(local - div exchange grad) x = right: `local`, `right`, `x`, `rest` = right - A x, flat."""

    most: int  # iterations

    def __init__(self, size: int) -> None:
        self.local, self.right, self.x, self.rest, self._along, self._moved = np.zeros((6, size))
        self._fall, self._tries = 0.0, 0
        self.iterations = 0

    def begin(self) -> float:
        """Begin with x = 0; return the 1-norm of `rest`."""
        self.x[:] = 0.0
        self.rest[:] = self.right
        self._fall, self._tries = 0.0, 0
        return float(np.abs(self.rest).sum())

    def begin_with(self, values: Array, weights: Array, factor: float, rows: Array) -> float:
        """As `begin`, with values x weights x factor (cells) as `right`, placed by the `rows`."""
        self._fall, self._tries = 0.0, 0
        return begun(values, weights, factor, rows, self.x, self.right, self.rest)

    def close(
        self,
        rows: Array,
        storage: Array,
        volumes: Array,
        step: float,
        solved: Array,
        right: Array,
    ) -> None:
        """Do as `runs.closed` with x and right - A x."""
        self.true_rest()
        closed(self.x, self.rest, rows, storage, volumes, step, solved, right)

    def solve(self, norm: float, target: float) -> float:
        """Go on from `norm` until the 1-norm of `rest` is at most `target`; return it.

        It may be more than that where it does not fall any further.
        """
        while norm > target and self._tries < self.most:
            self._tries += 1
            self.iterations += 1
            before, self._fall = self._fall, self._precondition()
            bend = self._turn(self._fall / before if before > 0.0 else 0.0)
            norm = self._advance(self._fall / bend)
        return norm

    @abstractmethod
    def set_local(self) -> None:
        """Take note that `local` is new."""

    @abstractmethod
    def true_rest(self) -> None:
        """Work out `rest` = right - A x anew, without what rounding has left."""

    @abstractmethod
    def _precondition(self) -> float:
        """Find an approximate solution for `rest`; return the product of both."""

    @abstractmethod
    def _turn(self, share: float) -> float:
        """Make the direction the approximate solution and `share` of what it was.

        Returns the product of the direction with A times it, which is kept.
        """

    @abstractmethod
    def _advance(self, length: float) -> float:
        """Go so far along the direction; return the 1-norm of `rest`."""
