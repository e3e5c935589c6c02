"""All stages of an explicit step in one compiled call, where transport is the same in each.

Of few cells a stage takes no longer than Python takes to ask for it.
"""

from __future__ import annotations

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_now
from cartflow.pde.operators.limiter import lowest
from cartflow.pde.voxels.kernels import evaluate, stage
from cartflow.pde.voxels.laid_out import FIELDS, KINETICS, Fields, Kinetics

Array = np.ndarray

WIDTH = 1024  # cells in a block: with all that is worked out of them it stays nearest to a core
_reals, _rows, _stacks = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]


def still_stages(
    table: Array, first: Array, fields: Fields, kinetics: Kinetics, rates: int, removal: Array
) -> tuple[Array, Array, Array]:
    """Return the last stage of `table` (see `Stages`), its lowest values, and totals per stage.

    Rows have no `third`. Totals are those of `kernels.count`. Amounts are densities: nothing is
    stored in pores.
    """
    columns = 2 * kinetics.counted.size + len(first)
    stages, totals = np.empty((3, *first.shape)), np.empty((len(table), columns))
    _through(table, first, fields, kinetics, rates, removal, stages, totals)
    last = stages[len(table) % 2].copy()
    return last, lowest(last), totals


@compiled_now(
    types.void(_rows, _rows, FIELDS, KINETICS, types.int64, _reals, _stacks, _rows),
)
def _through(
    table: Array,
    first: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates: int,
    removal: Array,
    stages: Array,
    totals: Array,
) -> None:
    """Do as `still_stages`; stage j is stages[j % 2], the slope at the first stages[2]."""
    blocks = (first.shape[1] + WIDTH - 1) // WIDTH
    flux, parts = np.empty((0, 0, 0)), np.empty((blocks, totals.shape[1]))
    slope = stages[2]
    evaluate(first, fields, kinetics, rates, flux, removal, WIDTH, slope, 0, blocks, parts)
    totals[0] = parts.sum(axis=0)
    stages[0] = first
    stages[1] = first + table[0, 3] * slope
    for j in range(1, table.shape[0]):
        now, new = stages[j % 2], stages[(j + 1) % 2]
        weights = table[j, :5]
        stage(
            weights,
            now,
            new,
            first,
            slope,
            now,
            fields,
            kinetics,
            rates,
            flux,
            removal,
            WIDTH,
            0,
            blocks,
            parts,
        )
        totals[j] = parts.sum(axis=0)
