"""Compiled loops that take all stages of an explicit step in one pass over a whole grid.

The grid is cut into slabs along its slowest axis. Stage j of slab z needs stage j - 1 of the
slabs z - 1 to z + 1 only, so the stages follow one another through the grid like a wave, and what
they hand on stays in a core's cache. Each thread carries the wave through slabs of its own, and
works out the few slabs beside them that its stages need once more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_for, fused
from cartflow.core.pointers import call
from cartflow.pde.voxels.wave.places import GAP, KEPT, PAD, begins, end, place, shift
from cartflow.pde.voxels.wave.totals import count, cross, judge, judge_by_five

Array = np.ndarray


class Grid(NamedTuple):
    """What the loops read of the problem, per species and in amounts.

    `shape` counts slabs, rows in a slab, cells in a row and the most cells of a run; `rates`
    (species, 4) are D/dx^2 along slabs, rows and cells, 1/day, and the storage. What differs from
    place to place stands in `exchange` instead, in row `placed` or -1: three times a slab of zeros
    and the rates through the face ahead of each cell along slabs, rows and cells. `local` is the
    row of `gain` and `loss`, or -1; both are in one row. `ends` is 1 in the first cell of a row, 2
    in the last, else 0, for several rows. `sides` is 1 in the first row of a small slab, 2 in the
    last, else 0, and empty for others. `removal` (1/day) is empty or per cell. Crossing k adds
    `crossing_gain` - `crossing_loss` x amount in the entries `crossing_at[k, z]` to
    `crossing_at[k, z + 1]`, at `crossing_cell` of the slab z; `crossing_apart` as `Crossing.apart`.
    """

    shape: Array
    rates: Array
    placed: Array
    exchange: Array
    local: Array
    gain: Array
    loss: Array
    ends: Array
    sides: Array
    counted: Array
    removal: Array
    crossing_species: Array
    crossing_apart: Array
    crossing_at: Array
    crossing_cell: Array
    crossing_gain: Array
    crossing_loss: Array


_reals, _rows, _cube = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
_numbers = types.int64[::1]
_flags, _table = types.boolean[::1], types.int64[:, ::1]
# Of the members of `Grid`, in their order.
_MEMBERS = (
    _numbers,
    _rows,
    _numbers,
    _reals,
    _numbers,
    _reals,
    _reals,
    _reals,
    _reals,
    _flags,
    _reals,
)
GRID = types.NamedTuple((*_MEMBERS, _numbers, _flags, _table, _numbers, _reals, _reals), Grid)


@fused
def _sum(now: Array, w: Array, slope: Array, out: Array) -> None:
    """Write the first of the stages that need F_0 again."""
    mu, new = w[0], w[3]
    for i in range(out.size):
        out[i] = mu * now[i] + new * slope[i]


@fused
def _weights(table: Array) -> Array:
    """Return what the stages of a table weigh five values with, and at last what F_0 needs."""
    rows = np.zeros((table.shape[0] + 1, 5))
    rows[:-1] = table[:, :5]
    # A third and a fourth stage are read where a slope and the start would be.
    rows[:-1, 2] += table[:, 6]
    rows[:-1, 4] += table[:, 5]
    if table.shape[0] > 1:
        # Two stages back from the second is the start itself.
        rows[1, 2] += rows[1, 1]
        rows[1, 1] = 0.0
    rows[-1, 3] = 1.0
    return rows


_SIGNATURE = types.void(
    _reals,
    _rows,
    GRID,
    _numbers,
    _reals,
    _reals,
    types.int64,
    types.int64,
    _reals,
    _cube,
    _cube,
    _reals,
)


@compiled_for(_SIGNATURE)
def wave(
    u: Array,
    table: Array,
    grid: Grid,
    steps: Array,
    parameters: Array,
    mine: Array,
    low: int,
    high: int,
    out: Array,
    totals: Array,
    judged: Array,
    weights: Array,
) -> None:
    """Write the amounts after all stages of `table` to `out`, from the amounts `u`.

    `steps` are the addresses of the stages of `stage_text`.
    u, out: (species x cells) in one row; of `out` the slabs low <= z < high. A row of `table` is
    one of `Stages.table`, which says what a stage is.
    `mine` is the caller's memory. Added to `totals` (slabs, stages, 2 reactions + species + 2
    crossings): events forwards and in reverse, what the removal takes, what crossings let in and
    what they let out, for cells of volume one; and to `judged` (slabs, species, 3), unless it is
    empty: the sums of |Y_s - 2 Y_{s-1} + Y_0|, of |Y_s| and of what is negative in Y_s; the first
    by `weights` of the last five stages where the last has a fourth.
    """
    slabs, width, block = grid.shape[0], grid.shape[2], grid.shape[3]
    cells = grid.shape[1] * width
    # Members are taken out once: numba counts their uses, which takes longer than a short run.
    rates, local, gain, loss = grid.rates, grid.local, grid.gain, grid.loss
    placed, exchange = grid.placed, grid.exchange
    small = grid.sides.size > 0
    ends, sides, counted, removal = grid.ends, grid.sides, grid.counted, grid.removal
    crossing_species, crossing_apart, crossing_at, crossing_cell = (
        grid.crossing_species,
        grid.crossing_apart,
        grid.crossing_at,
        grid.crossing_cell,
    )
    crossing_gain, crossing_loss = grid.crossing_gain, grid.crossing_loss
    species, stages = rates.shape[0], table.shape[0]
    again = bool(stages > 1 and np.any(table[:, 4] != 0.0))
    base = np.empty((species, 12), dtype=np.int64)
    at = np.empty((species, 20), dtype=np.uint64)
    rows = _weights(table)
    counts = np.zeros(2 * counted.size + 1)
    for tick in range(low - stages + 1, high + stages - 1):
        for j in range(stages):
            z, beyond = tick - j, stages - 1 - j
            if z < max(low - beyond, 0) or z >= min(high + beyond, slabs):
                continue
            final, owned, first = j == stages - 1, low <= z < high, again and j == 0
            slopes = PAD + (stages * KEPT + z % stages) * species * (cells + GAP) if again else 0
            third, fourth = table[j, 5] != 0.0, table[j, 6] != 0.0
            place(slabs, cells, local, j, z, slopes, final, first, third, fourth, base)
            # Where F_0 is needed again it is written by itself first.
            w = rows[stages if first else j]
            kind = 3 if again or third else (2 if w[1] != 0.0 else 0) + (w[2] != 0.0)
            step = steps[kind if j > 0 else min(kind, 1)]
            start = 0
            while start < cells:
                stop = end(slabs, cells, width, small, block, z, start)
                shift(slabs, cells, width, small, z, start, stop, placed, base, at)
                source = u if j == 0 else mine
                call(
                    step,
                    (
                        source,
                        mine if fourth else u,
                        mine,
                        out if final else mine,
                        counts,
                        ends,
                        sides,
                        gain,
                        loss,
                        parameters,
                        rates,
                        exchange,
                        w,
                        at,
                        stop - start,
                    ),
                )
                if owned:
                    cell, size = z * cells + start, stop - start
                    count(source, at, counts, counted, removal, cell, size, totals, z, j)
                if final and judged.shape[0] > 0:
                    for s in range(species):
                        begin, number = np.uint64(base[s, 7] + start), np.uint64(stop - start)
                        if fourth:
                            judge_by_five(mine, out, weights, at, s, number, judged, z)
                        else:
                            judge(u, source, out, at, s, begin, number, judged, z)
                start = stop
            if first:
                for s in range(species):
                    a, b = base[s, 0], base[s, 9]
                    c = begins(slabs, cells, species, 1, z, s)
                    _sum(u[a : a + cells], table[0], mine[b : b + cells], mine[c : c + cells])
            if owned and crossing_species.size > 0:
                cross(
                    u if j == 0 else mine,
                    slabs,
                    cells,
                    species,
                    crossing_species,
                    crossing_apart,
                    crossing_at,
                    crossing_cell,
                    crossing_gain,
                    crossing_loss,
                    j,
                    z,
                    totals,
                )
