"""The stages of an explicit step one after another, each in blocks of voxels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.core.totals import totals
from cartflow.pde.operators.limiter import lowest
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Staged, apart
from cartflow.pde.voxels import kernels as voxel
from cartflow.pde.voxels.crew import in_parts
from cartflow.pde.voxels.laid_out import Kinetics
from cartflow.pde.voxels.operator import VoxelOperator, VoxelOperators

Array = np.ndarray

_WIDTH = 4096  # cells in a block: with all its arrays it stays in a core's cache


class BlockStages:
    """Any transport on equal voxels: masks, drift, diffusivities that change.

    `rates` is the address of the network's compiled rates.
    """

    def __init__(
        self,
        problem: Problem,
        operators: VoxelOperators,
        kinetics: Kinetics,
        rates: int,
    ) -> None:
        self._cells = problem.geometry.size
        self._volumes = problem.geometry.cell_volumes
        self._columns = 2 * kinetics.counted.size + len(problem.fields)
        self._operators = operators
        self._kinetics = kinetics
        self._rates = rates
        row = 1 if problem.geometry.listed else problem.geometry.active.shape[-1]
        self._width = max(1, _WIDTH // row) * row

    def step(self, operator: VoxelOperator, first: Array, table: Array, weights: Array) -> Staged:
        """Return what the stages of `table` make of the amounts `first`, at `operator`.

        `weights` are those of `Stages.difference`.
        """
        slope = np.empty_like(first)
        counts = [self.slope(operator, slope)]
        if table[-1, 6] != 0.0:
            return self._of_fourth_order(first, slope, table, weights, counts)
        before, now = first.copy(), table[0, 3] * slope
        now += first
        for row in table[1:]:
            counts.append(self._stage(row[:5], now, before, first, slope))
            before, now = now, before
        difference, size = apart(now, before, first, self._volumes)
        return _staged(now, counts, difference, size)

    def _of_fourth_order(
        self, first: Array, slope: Array, table: Array, weights: Array, counts: list[Array]
    ) -> Staged:
        past = [first, first + table[0, 3] * slope]
        for row in table[1:]:
            # A stage is written where the one two before it is, which may be read once more.
            new, start, right = past[-2].copy(), first, slope
            weighed = row[:5]
            if row[5] != 0.0:
                weighed = row[[0, 1, 6, 3, 5]]
                start, right = past[-4] if row[6] != 0.0 else first, past[-3]
            counts.append(self._stage(weighed, past[-1], new, start, right))
            past = [*past[-4:], new]
        mixed = sum(weight * stage for weight, stage in zip(weights, reversed(past), strict=True))
        difference = totals(np.abs(mixed), self._volumes)
        return _staged(past[-1], counts, difference, totals(np.abs(past[-1]), self._volumes))

    def slope(self, operator: VoxelOperator, right: Array) -> Array:
        """Write the right-hand side to `right`; return the totals of what happens per day."""
        return np.concatenate([self.inside(operator, right), operator.flows()])

    def inside(self, operator: VoxelOperator, right: Array) -> Array:
        """As `slope`, without what crossings let in and out."""

        def blocks(begin: int, end: int, totals: Array) -> None:
            voxel.evaluate(
                operator.densities,
                operator.fields,
                self._kinetics,
                self._rates,
                operator.flux,
                operator.removal,
                self._width,
                right,
                begin,
                end,
                totals,
            )

        return self._in_blocks(blocks)

    def _stage(self, row: Array, now: Array, before: Array, first: Array, slope: Array) -> Array:
        """Overwrite `before` by the stage after `now`; return the totals per day at `now`."""
        operator = self._operators.at(now)

        def blocks(begin: int, end: int, totals: Array) -> None:
            voxel.stage(
                row,
                now,
                before,
                first,
                slope,
                operator.densities,
                operator.fields,
                self._kinetics,
                self._rates,
                operator.flux,
                operator.removal,
                self._width,
                begin,
                end,
                totals,
            )

        return np.concatenate([self._in_blocks(blocks), operator.flows()])

    def _in_blocks(self, task: Callable[[int, int, Array], None]) -> Array:
        """Do ``task(first block, last block, totals)`` in parts; return the totals of all."""
        blocks = -(-self._cells // self._width)
        totals = np.zeros((blocks, self._columns))
        in_parts(lambda first, last: task(first, last, totals), blocks, self._cells)
        return np.asarray(totals.sum(axis=0))


def _staged(now: Array, counts: list[Array], difference: Array, size: Array) -> Staged:
    return Staged(
        amounts=now,
        totals=np.array(counts),
        difference=difference,
        size=size,
        low=lowest(now),
    )
