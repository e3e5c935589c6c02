"""Multigrid on the box around a tumour's voxels, as a preconditioner in single precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.pde.voxels.crew import in_parts
from cartflow.pde.voxels.implicit import grid_kernels as kernels
from cartflow.pde.voxels.implicit import sweeps
from cartflow.pde.voxels.implicit.box import WIDTH
from cartflow.pde.voxels.implicit.vector_kernels import dot

Array = np.ndarray

# Two steps of Jacobi whose weights are Chebyshev's for eigenvalues from 1/3 to 2 of A / diagonal,
# those of errors that a grid of twice the spacing does not see.
_CENTRE, _SPREAD = 7.0 / 6.0, 5.0 / 6.0 * np.sqrt(0.5)
_WEIGHTS = np.array([1.0 / (_CENTRE + _SPREAD), 1.0 / (_CENTRE - _SPREAD)])
# An axis is made coarser unless its neighbours exchange so much less than the most.
_WEAK = 0.2
_NONE = np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Level:
    """One grid: its exchange, and arrays for the cycle; `factors` lead to the next, coarser one.

    Coarse exchange is that of the faces between coarse voxels, over the factor by which their
    centres are further apart.
    """

    shape: Array
    exchange: Array
    coupled: Array
    factors: Array
    local: Array
    inverse: Array
    right: Array
    x: Array
    other: Array

    @cached_property
    def size(self) -> int:
        """The number of voxels of the box."""
        return int(np.prod(self.shape))

    @cached_property
    def near(self) -> Array:
        """The distances to the next voxel along each axis."""
        return np.array([self.shape[1] * self.shape[2], self.shape[2], 1])

    @cached_property
    def margin(self) -> int:
        """The number of entries before the first voxel."""
        return int(self.shape[1] * self.shape[2])

    def blocks(self, task: Callable[[int, int], object]) -> None:
        """Do ``task(first block, last block)`` for all blocks, in parts."""
        in_parts(task, -(-self.size // WIDTH), self.size)


def levels(shape: Array, exchange: Array) -> list[Level]:
    """Return the grids, finest first, down to one voxel; `exchange` has no margin, (3, *shape)."""
    found = []
    while True:
        strength = np.array([e.sum() / max(np.count_nonzero(e), 1) for e in exchange])
        wide = np.array(exchange.shape[1:]) > 1
        factors = np.where(wide & (strength >= _WEAK * strength[wide].max(initial=0.0)), 2, 1)
        found.append(_level(exchange, factors))
        if not wide.any():
            return found
        exchange = coarsened(exchange, factors)


def padded(values: Array) -> Array:
    """Return values (..., nz, ny, nx) flat in the last three, with a margin of a plane."""
    plane = values.shape[-1] * values.shape[-2]
    flat = values.reshape(*values.shape[:-3], -1)
    return np.pad(flat, [(0, 0)] * (flat.ndim - 1) + [(plane, plane)])


def coupled(exchange: Array) -> Array:
    """Return the sum of the exchange with all neighbours, (3, *shape) to (*shape)."""
    total = np.zeros(exchange.shape[1:])
    for axis, row in enumerate(exchange):
        total += row
        ahead, behind = [slice(None)] * 3, [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        total[tuple(ahead)] += row[tuple(behind)]
    return total


def coarsened(exchange: Array, factors: Array) -> Array:
    """Return the exchange (3, *shape) of voxels `factors` as wide."""
    fine = np.array(exchange.shape[1:])
    shape = -(-fine // factors)
    out = np.zeros((3, *shape))
    for axis, row in enumerate(exchange):
        filled = np.pad(row, [(0, n * f - m) for n, f, m in zip(shape, factors, fine, strict=True)])
        apart = filled.reshape([k for n, f in zip(shape, factors, strict=True) for k in (n, f)])
        # Only the last face of a coarse voxel leads out of it.
        across = np.take(apart, [factors[axis] - 1], axis=2 * axis + 1)
        out[axis] = across.sum(axis=(1, 3, 5)) / factors[axis]
    return out


def _level(exchange: Array, factors: Array) -> Level:
    single = padded(exchange.astype(np.float32))
    rows = [np.zeros(single.shape[1], dtype=np.float32) for _ in range(5)]
    return Level(
        shape=np.array(exchange.shape[1:]),
        exchange=single,
        coupled=padded(coupled(exchange).astype(np.float32)),
        factors=factors,
        local=rows[0],
        inverse=rows[1],
        right=rows[2],
        x=rows[3],
        other=rows[4],
    )


class Multigrid:
    """A V-cycle of piecewise constant corrections, two smoothing steps before and after."""

    def __init__(self, shape: Array, exchange: Array) -> None:
        self.levels = levels(shape, exchange)
        self._sums = np.zeros(int(shape[0]))

    def set_local(self) -> None:
        """Take the finest level's `local` to all others."""
        for level, coarse in zip(self.levels, [*self.levels[1:], None], strict=True):
            self._invert(level)
            if coarse is not None:
                self._restrict(level, coarse)

    def cycle(self, rest: Array = _NONE) -> tuple[Array, float]:
        """Return an approximate solution for the finest level's `right`.

        Also returns its product with `rest`, which is laid out as `right` is, in double precision.
        """
        solved = self._cycle(0, rest)
        return solved, float(self._sums.sum())

    def _invert(self, level: Level) -> None:
        level.blocks(
            lambda a, b: kernels.invert(
                level.local, level.coupled, level.margin, a, b, level.size, level.inverse
            )
        )

    def _restrict(self, level: Level, coarse: Level) -> None:
        in_parts(
            lambda a, b: kernels.restrict(
                level.local, level.shape, level.factors, coarse.shape, a, b, coarse.local
            ),
            int(coarse.shape[0]),
            level.size,
        )

    def _cycle(self, k: int, rest: Array = _NONE) -> Array:
        level = self.levels[k]
        if k + 1 == len(self.levels):
            sweeps.only(level.right, level.inverse, level.margin, level.size, level.other)
            if rest.size > 0:
                self._sums[:] = dot(rest, level.other)
            return level.other
        coarse = self.levels[k + 1]
        in_parts(
            lambda a, b: sweeps.descend(
                level.right,
                level.exchange,
                level.local,
                level.inverse,
                level.near,
                level.shape,
                level.factors,
                coarse.shape,
                _WEIGHTS,
                a,
                b,
                level.x,
                coarse.right,
            ),
            int(coarse.shape[0]),
            level.size,
        )
        correction = self._cycle(k + 1)
        in_parts(
            lambda a, b: sweeps.ascend(
                correction,
                level.x,
                level.right,
                level.exchange,
                level.inverse,
                level.near,
                level.shape,
                level.factors,
                coarse.shape,
                _WEIGHTS,
                rest,
                a,
                b,
                level.other,
                self._sums,
            ),
            int(level.shape[0]),
            level.size,
        )
        return level.other
