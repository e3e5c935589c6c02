"""Conjugate gradients for one linear system on the box around a tumour's voxels."""

from __future__ import annotations

import numpy as np

from cartflow.pde.voxels.crew import in_parts
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
        self._turned = np.zeros_like(self._along)
        self._sums = np.zeros(-(-self._finest.size // WIDTH))
        self._planes = np.zeros(int(self.shape[0]))
        self._norm, self._scaled = 0.0, False

    def set_local(self) -> None:
        """Take note that `local` is new."""
        self._finest.local[:] = self.local
        self._grids.set_local()

    def begin(self) -> float:
        """Begin with x = 0; return the 1-norm of `rest`."""
        self._norm, self._scaled = super().begin(), False
        return self._norm

    def begin_with(self, values: Array, weights: Array, factor: float, rows: Array) -> float:
        """As `begin`, with values x weights x factor (cells) as `right`, placed by the `rows`."""
        self._norm, self._scaled = super().begin_with(values, weights, factor, rows), False
        return self._norm

    def close(
        self,
        rows: Array,
        storage: Array,
        volumes: Array,
        step: float,
        solved: Array,
        right: Array,
    ) -> None:
        """Do as `runs.closed` with x and right - A x, which is not kept."""
        in_parts(
            lambda a, b: kernels.close(
                self.x,
                self.right,
                self._exchange,
                self.local,
                self._finest.near,
                rows,
                storage,
                volumes,
                step,
                a,
                b,
                solved,
                right,
            ),
            len(rows),
            volumes.size,
        )

    def true_rest(self) -> None:
        """Work out `rest` = right - A x anew, without what rounding has left."""
        size, near = self._finest.size, self._finest.near
        self._finest.blocks(
            lambda a, b: kernels.leave(
                self.x, self.right, self._exchange, self.local, near, a, b, size, self.rest
            )
        )

    def _precondition(self) -> float:
        if not self._scaled:
            size, margin, goal = self._finest.size, self._finest.margin, self._finest.right
            factor = size / self._norm
            self._finest.blocks(
                lambda a, b: kernels.scaled(self.rest, factor, margin, a, b, size, goal)
            )
        self._near, fall = self._grids.cycle(self.rest)
        return fall

    def _turn(self, share: float) -> float:
        in_parts(
            lambda a, b: kernels.turn_and_multiply(
                self._near,
                share,
                self._along,
                self._exchange,
                self.local,
                self._finest.near,
                a,
                b,
                self._turned,
                self._moved,
                self._planes,
            ),
            self._planes.size,
            self._finest.size,
        )
        self._along, self._turned = self._turned, self._along
        return float(self._planes.sum())

    def _advance(self, length: float) -> float:
        size, margin = self._finest.size, self._finest.margin
        # Scaled by what was left before: single precision has room for what is left now.
        factor, self._scaled = size / self._norm, True
        self._finest.blocks(
            lambda a, b: kernels.advance(
                self.x,
                self.rest,
                self._along,
                self._moved,
                length,
                factor,
                margin,
                a,
                b,
                size,
                self._finest.right,
                self._sums,
            )
        )
        self._norm = float(self._sums.sum())
        return self._norm
