"""The stages of an explicit step one after another, each in blocks of voxels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.pde.operators.limiter import lowest
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Staged, apart
from cartflow.pde.voxels import kernels as voxel
from cartflow.pde.voxels.crew import in_parts
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
        kinetics: voxel.Kinetics,
        rates: int,
    ) -> None:
        self._cells = problem.geometry.size
        self._volumes = problem.geometry.cell_volumes
        self._columns = 2 * kinetics.counted.size + len(problem.fields)
        self._operators = operators
        self._kinetics = kinetics
        self._rates = rates
        row = problem.geometry.active.shape[-1]
        self._width = max(1, _WIDTH // row) * row
        self._removal = (
            np.ascontiguousarray(problem.egress) if problem.egress.any() else np.zeros(0)
        )

    def step(self, operator: VoxelOperator, first: Array, table: Array) -> Staged:
        """Return what the stages of `table` make of the amounts `first`, at `operator`."""
        slope = np.empty_like(first)
        totals = [self.slope(operator, slope)]
        before, now = first.copy(), first + table[0, 3] * slope
        for row in table[1:]:
            totals.append(self._stage(row, now, before, first, slope))
            before, now = now, before
        difference, size = apart(now, before, first, self._volumes)
        return Staged(
            amounts=now,
            totals=np.array(totals),
            difference=difference,
            size=size,
            low=lowest(now),
        )

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
                self._removal,
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
                self._removal,
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
