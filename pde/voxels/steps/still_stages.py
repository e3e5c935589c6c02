"""All stages of an explicit step in one compiled call, where transport is the same in each.

Of few cells a stage takes no longer than Python takes to ask for it.
"""

from __future__ import annotations

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_for
from cartflow.pde.operators.limiter import lowest
from cartflow.pde.voxels.kernels import evaluate, stage
from cartflow.pde.voxels.laid_out import FIELDS, KINETICS, Fields, Kinetics

Array = np.ndarray

WIDTH = 1024  # cells in a block: with all that is worked out of them it stays nearest to a core
_reals, _rows, _stacks = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]


def room_for_stages(first: Array) -> Array:
    """Return where the stages from such amounts are worked out, of as many steps as one likes."""
    return np.empty((3, *first.shape))


def still_stages(
    table: Array,
    first: Array,
    room: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates: int,
    removal: Array,
) -> tuple[Array, Array, Array]:
    """Return the last stage of `table` (see `Stages`), its lowest values, and totals per stage.

    Rows have no `third`. Totals are those of `kernels.count`. Amounts are densities: nothing is
    stored in pores. They are worked out in the `room` of `room_for_stages`.
    """
    blocks, columns = -(-first.shape[1] // WIDTH), 2 * kinetics.counted.size + len(first)
    parts = np.empty((len(table), blocks, columns))
    _through(table, first, fields, kinetics, rates, removal, room, parts)
    last = room[len(table) % 2].copy()
    return last, lowest(last), parts.sum(axis=1)


@compiled_for(
    types.void(_rows, _rows, FIELDS, KINETICS, types.int64, _reals, _stacks, _stacks),
)
def _through(
    table: Array,
    first: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates: int,
    removal: Array,
    stages: Array,
    parts: Array,
) -> None:
    """Do as `still_stages`, with totals in `parts` by stage and block.

    Stage j is stages[j % 2], the slope at the first stages[2].
    """
    blocks, flux, slope = parts.shape[1], np.empty((0, 0, 0)), stages[2]
    evaluate(first, fields, kinetics, rates, flux, removal, WIDTH, slope, 0, blocks, parts[0])
    for s in range(first.shape[0]):
        for c in range(first.shape[1]):
            stages[0, s, c] = first[s, c]
            stages[1, s, c] = first[s, c] + table[0, 3] * slope[s, c]
    for j in range(1, table.shape[0]):
        now = stages[j % 2]
        stage(
            table[j, :5],
            now,
            stages[(j + 1) % 2],
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
            parts[j],
        )
