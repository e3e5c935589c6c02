"""Conjugate gradients for one linear system on the box around a tumour's voxels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.pde.voxels.implicit import vector_kernels as kernels
from cartflow.pde.voxels.implicit.box import WIDTH
from cartflow.pde.voxels.implicit.multigrid import Multigrid, padded
from cartflow.pde.voxels.implicit.system import ConjugateGradients

Array = np.ndarray


class BoxSystem(ConjugateGradients):
    """(local - div exchange grad) x = right, preconditioned by a cycle of multigrid.

    `exchange` (3, *shape) couples a voxel to the next along each axis. `local`, `right`, `x` and
    `rest` = right - A x are flat, with a margin of one plane.
    """

    most = 200

    def __init__(self, exchange: Array) -> None:
        self.shape = np.array(exchange.shape[1:])
        self._exchange = padded(exchange)
        self._grids = Multigrid(self.shape, exchange)
        self._finest = self._grids.levels[0]
        super().__init__(self._exchange.shape[1])
        self._sums = np.zeros(-(-self._finest.size // WIDTH))

    def set_local(self) -> None:
        """Take note that `local` is new."""
        self._finest.local[:] = self.local
        self._grids.set_local()

    def true_rest(self) -> None:
        """Work out `rest` = right - A x anew, without what rounding has left."""
        self._multiply(self.x, self.rest)
        np.subtract(self.right, self.rest, out=self.rest)

    def _turn(self, near: Array) -> None:
        size, margin, before = self._finest.size, self._finest.margin, self._fall
        self._fall = self._sum(
            lambda a, b: kernels.products(self.rest, near, margin, a, b, size, self._sums)
        )
        share = self._fall / before if before > 0.0 else 0.0
        self._each(lambda a, b: kernels.turn(near, share, margin, a, b, size, self._along))

    def _bend(self) -> float:
        return self._multiply(self._along, self._moved)

    def _advance(self, length: float) -> float:
        size, margin = self._finest.size, self._finest.margin
        return self._sum(
            lambda a, b: kernels.advance(
                self.x, self.rest, self._along, self._moved, length, margin, a, b, size, self._sums
            )
        )

    def _multiply(self, x: Array, out: Array) -> float:
        size, near = self._finest.size, self._finest.near
        return self._sum(
            lambda a, b: kernels.multiply(
                x, self._exchange, self.local, near, a, b, size, out, self._sums
            )
        )

    def _preconditioned(self, norm: float) -> Array:
        size, margin = self._finest.size, self._finest.margin
        factor = size / norm
        self._each(
            lambda a, b: kernels.scaled(self.rest, factor, margin, a, b, size, self._finest.right)
        )
        return self._grids.cycle()

    def _each(self, task: Callable[[int, int], object]) -> None:
        self._finest.blocks(task)

    def _sum(self, task: Callable[[int, int], object]) -> float:
        self._finest.blocks(task)
        return float(self._sums.sum())
