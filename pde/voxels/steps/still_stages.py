"""All stages of an explicit step in one compiled call, where transport is the same in each.

Of few cells a stage takes no longer than Python takes to ask for it.
"""

from __future__ import annotations

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_now, fused
from cartflow.pde.voxels.kernels import block, count
from cartflow.pde.voxels.laid_out import FIELDS, KINETICS, Fields, Kinetics

Array = np.ndarray

WIDTH = 1024  # cells in a block: with all that is worked out of them it stays nearest to a core
_KEPT = 4  # stages that are kept beside the first amounts
_rows, _stacks = types.float64[:, ::1], types.float64[:, :, ::1]


def still_stages(
    table: Array, first: Array, fields: Fields, kinetics: Kinetics, rates: int, removal: Array
) -> tuple[Array, Array, Array]:
    """Return the last stage of `table` (see `Stages`), its lowest values, and totals per stage.

    Totals are those of `kernels.count`. Amounts are densities: nothing is stored in pores.
    """
    species, columns = len(first), 2 * kinetics.counted.size + len(first)
    totals, low = np.zeros((len(table), columns)), np.empty((1, species))
    past = np.empty((_KEPT + 1, *first.shape))
    _through(table, first, fields, kinetics, rates, removal, past, totals, low)
    return past[(len(table) - 1) % _KEPT].copy(), low[0], totals


@fused
def _weigh(
    row: Array, j: int, first: Array, past: Array, s: int, begin: int, right: Array, out: Array
) -> None:
    """Write stage j + 1 of species `s` from cell `begin` on, whose right-hand side is `right`.

    Only what has a weight is read. `out` may be the stage j - 3.
    """
    end = begin + right.size
    here, before = _stage(first, past, j, s, begin, end), _stage(first, past, j - 1, s, begin, end)
    mu, nu, rest, new, old, third, fourth = row
    if third != 0.0 or fourth != 0.0:
        # Not yet there where their weight is nought.
        c = _stage(first, past, j - 2, s, begin, end)
        d = _stage(first, past, j - 3, s, begin, end)
        for i in range(right.size):
            out[i] = new * right[i] + mu * here[i] + nu * before[i] + third * c[i] + fourth * d[i]
    elif rest != 0.0 or old != 0.0:
        start, slope = first[s, begin:end], past[_KEPT, s, begin:end]
        for i in range(right.size):
            more = rest * start[i] + old * slope[i]
            out[i] = new * right[i] + mu * here[i] + nu * before[i] + more
    else:
        for i in range(right.size):
            out[i] = new * right[i] + mu * here[i] + nu * before[i]


@fused
def _stage(first: Array, past: Array, j: int, s: int, begin: int, end: int) -> Array:
    """Return stage `j` of species `s`; the first amounts where there is none before."""
    return first[s, begin:end] if j <= 0 else past[(j - 1) % _KEPT, s, begin:end]


@compiled_now(
    types.void(
        _rows, _rows, FIELDS, KINETICS, types.int64, types.float64[::1], _stacks, _rows, _rows
    )
)
def _through(
    table: Array,
    first: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates_block: int,
    removal: Array,
    past: Array,
    totals: Array,
    low: Array,
) -> None:
    """Do as `still_stages`; stage j is past[(j - 1) % 4], the slope at the first past[4]."""
    species, cells = first.shape
    inside, out = np.empty((species, WIDTH)), np.empty((species, WIDTH))
    rates = np.empty((max(kinetics.counted.size, 1), WIDTH))
    flux, here = np.empty((0, 0, 0)), np.empty(totals.shape[1])
    wanted = (table[:, 4] != 0.0).any()
    for j in range(table.shape[0]):
        u = first if j == 0 else past[(j - 1) % _KEPT]
        new = past[j % _KEPT]
        for begin in range(0, cells, WIDTH):
            end = min(begin + WIDTH, cells)
            block(u, fields, kinetics, rates_block, flux, begin, end, inside, rates, out)
            count(u, rates, kinetics.counted, removal, fields.volumes, begin, end, here)
            totals[j] += here
            for s in range(species):
                right = out[s, : end - begin]
                if wanted and j == 0:
                    past[_KEPT, s, begin:end] = right
                _weigh(table[j], j, first, past, s, begin, right, new[s, begin:end])
    last = past[(table.shape[0] - 1) % _KEPT]
    for s in range(species):
        least, total = np.inf, 0.0
        for c in range(cells):
            least = min(least, last[s, c])
            total += 0.0 * last[s, c]
        low[0, s] = least + total
