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

from cartflow.compiling import compiled_now, fused, summing
from cartflow.pde.stage_text import ROW
from cartflow.pointers import call

Array = np.ndarray
Index = np.uint64  # a signed index would be looked at for being negative
KEPT = 4  # slabs of a stage; the two stages behind it still need three
# Numbers between kept slabs, or those of whole pages would all fall on the same lines of a cache.
GAP = 40
PAD = 8  # numbers before and behind a thread's memory, which are read but not used


class Grid(NamedTuple):
    """What the loops read of the problem, per species and in amounts.

    `shape` counts slabs, rows in a slab, cells in a row and the most cells of a run; `rates`
    (species, 3) are D/dx^2 along slabs, rows and cells, 1/day. `local` is the row of `gain` and
    `loss`, or -1; both are in one row. `ends` is 1 in the first cell of a row, 2 in the last, else
    0, for several rows. `sides` is 1 in the first row of a small slab, 2 in the last, else 0, and
    empty for others. `removal` (1/day) is empty or per cell. Crossing k of a species adds
    `crossing_gain` - `crossing_loss` x amount in the entries `crossing_at[k, z]` to
    `crossing_at[k, z + 1]`, at `crossing_cell` of the slab z.
    """

    shape: Array
    rates: Array
    local: Array
    gain: Array
    loss: Array
    ends: Array
    sides: Array
    counted: Array
    removal: Array
    crossing_species: Array
    crossing_at: Array
    crossing_cell: Array
    crossing_gain: Array
    crossing_loss: Array


_reals, _rows, _cube = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
_numbers = types.int64[::1]
_flags, _table = types.boolean[::1], types.int64[:, ::1]
# Of the members of `Grid`, in their order.
_MEMBERS = (_numbers, _rows, _numbers, _reals, _reals, _reals, _reals, _flags, _reals)
GRID = types.NamedTuple((*_MEMBERS, _numbers, _table, _numbers, _reals, _reals), Grid)


@summing
def _both_signs(values: Array, begin: Index, size: Index) -> tuple[float, float]:
    """Return the sum of what is positive and of what is negative, the latter without sign."""
    forwards, reverse = 0.0, 0.0
    for i in range(size):
        x = values[begin + i]
        forwards += x if x > 0.0 else 0.0
        reverse += -x if x < 0.0 else 0.0
    return forwards, reverse


@summing
def _product(a: Array, first: Index, b: Array, second: Index, size: Index) -> float:
    total = 0.0
    for i in range(size):
        total += a[first + i] * b[second + i]
    return total


@summing
def _judge(
    u: Array,
    before: Array,
    new: Array,
    at: Array,
    s: int,
    first: Index,
    size: Index,
    judged: Array,
    z: int,
) -> None:
    """Add a run's sums of |new - 2 before + u|, of |new|, and of what is negative in `new`."""
    here, target = at[s, 0], at[s, 11]
    difference, total, negative = 0.0, 0.0, 0.0
    for i in range(size):
        x = new[target + i]
        difference += abs(x - 2.0 * before[here + i] + u[first + i])
        total += abs(x)
        negative += -x if x < 0.0 else 0.0
    judged[z, s, 0] += difference
    judged[z, s, 1] += total
    judged[z, s, 2] += negative


@fused
def _sum(now: Array, w: Array, slope: Array, out: Array) -> None:
    """Write the first of the stages that need F_0 again."""
    mu, new = w[0], w[3]
    for i in range(out.size):
        out[i] = mu * now[i] + new * slope[i]


@fused
def _begins(slabs: int, cells: int, species: int, stage: int, slab: int, s: int) -> int:
    """Return where species `s` of a slab begins after `stage` stages."""
    if stage == 0:
        return (s * slabs + slab) * cells
    return PAD + (((stage - 1) * KEPT + (slab & (KEPT - 1))) * species + s) * (cells + GAP)


@fused
def _place(
    slabs: int,
    cells: int,
    local: Array,
    stage: int,
    z: int,
    slopes: int,
    final: bool,
    first: bool,
    at: Array,
) -> None:
    """Fill the table of where a slab's values and its neighbours' begin (see `stage_text`).

    F_0 goes to `slopes` where that is wanted `first`.
    """
    species = at.shape[0]
    for s in range(species):
        here = _begins(slabs, cells, species, stage, z, s)
        slope = slopes + s * (cells + GAP)
        at[s, 0] = here
        at[s, 1] = _begins(slabs, cells, species, stage, z - 1 if z > 0 else z, s)
        at[s, 2] = _begins(slabs, cells, species, stage, z + 1 if z < slabs - 1 else z, s)
        at[s, 7] = _begins(slabs, cells, species, 0, z, s)
        at[s, 8] = _begins(slabs, cells, species, stage - 1, z, s) if stage > 1 else here
        at[s, 9] = slope
        at[s, 10] = ((local[s] if local[s] > 0 else 0) * slabs + z) * cells
        after = 0 if final else stage + 1
        at[s, 11] = slope if first else _begins(slabs, cells, species, after, z, s)


@fused
def _shift(
    slabs: int,
    cells: int,
    width: int,
    small: bool,
    z: int,
    start: int,
    stop: int,
    base: Array,
    at: Array,
) -> None:
    """Fill the table for the run of cells start <= i < stop of a slab."""
    south = 0 if start < width and not small else width
    north = 0 if start >= cells - width and not small else width
    # The first and the last cell of the grid are runs of their own.
    before = 0 if start == 0 and z == 0 else 1
    after = 0 if stop == cells and z == slabs - 1 else 1
    for s in range(base.shape[0]):
        for k in range(12):
            at[s, k] = base[s, k] + start
        here = base[s, 0] + start
        at[s, 3] = here - south
        at[s, 4] = here + north
        at[s, 5] = here - before
        at[s, 6] = here + after
        at[s, 12] = start % width
        at[s, 13] = start


@fused
def _end(slabs: int, cells: int, width: int, small: bool, block: int, z: int, start: int) -> int:
    """Return where the run that begins at `start` ends: all its cells have alike neighbours."""
    if z == 0 and start == 0:
        return 1
    end = min(start + block, cells)
    if cells > width and not small:
        if start < width:
            end = min(end, width)
        elif start < cells - width:
            end = min(end, cells - width)
    if z == slabs - 1 and start < cells - 1:
        end = min(end, cells - 1)
    return end


@fused
def _count(
    amounts: Array,
    at: Array,
    scratch: Array,
    counted: Array,
    removal: Array,
    cell: int,
    size: int,
    totals: Array,
    z: int,
    stage: int,
) -> None:
    """Add a run's events, forwards and in reverse, and what the removal takes."""
    reactions = counted.size
    for r in range(reactions):
        if counted[r]:
            forwards, reverse = _both_signs(scratch, np.uint64(r * ROW), np.uint64(size))
            totals[z, stage, r] += forwards
            totals[z, stage, reactions + r] += reverse
    if removal.size > 0:
        begin, number = np.uint64(cell), np.uint64(size)
        for s in range(at.shape[0]):
            taken = _product(removal, begin, amounts, at[s, 0], number)
            totals[z, stage, 2 * reactions + s] += taken


@fused
def _cross(
    amounts: Array,
    slabs: int,
    cells: int,
    species: int,
    crossing_species: Array,
    crossing_at: Array,
    crossing_cell: Array,
    crossing_gain: Array,
    crossing_loss: Array,
    stage: int,
    z: int,
    totals: Array,
) -> None:
    """Add what every crossing lets in, net, in one slab."""
    first = totals.shape[2] - crossing_species.size
    for k in range(crossing_species.size):
        begin = _begins(slabs, cells, species, stage, z, crossing_species[k])
        net = 0.0
        for i in range(crossing_at[k, z], crossing_at[k, z + 1]):
            net += crossing_gain[i] - crossing_loss[i] * amounts[begin + crossing_cell[i]]
        totals[z, stage, first + k] += net


_SIGNATURE = types.void(
    _reals,
    _rows,
    GRID,
    types.int64,
    types.int64,
    types.int64,
    _reals,
    _reals,
    types.int64,
    types.int64,
    _reals,
    _cube,
    _cube,
)


@compiled_now(_SIGNATURE)
def wave(
    u: Array,
    table: Array,
    grid: Grid,
    two: int,
    three: int,
    five: int,
    parameters: Array,
    mine: Array,
    low: int,
    high: int,
    out: Array,
    totals: Array,
    judged: Array,
) -> None:
    """Write the amounts after all stages of `table` to `out`, from the amounts `u`.

    `two`, `three` and `five` are the addresses of the stages of `stage_text`.
    u, out: (species x cells) in one row; of `out` the slabs low <= z < high. A row of `table` is
    (mu, nu, rest, h mu~, h gamma~):
    Y_j = mu Y_{j-1} + nu Y_{j-2} + rest Y_0 + h mu~ F(Y_{j-1}) + h gamma~ F(Y_0).
    `mine` is the caller's memory. Added to `totals` (slabs, stages, 2 reactions + species +
    crossings): events forwards and in reverse, what the removal takes and what crossings let in,
    for cells of volume one. and to `judged` (slabs, species, 3), unless it is empty: the sums
    of |Y_s - 2 Y_{s-1} + Y_0|, of |Y_s| and of what is negative in Y_s.
    """
    slabs, width, block = grid.shape[0], grid.shape[2], grid.shape[3]
    cells = grid.shape[1] * width
    # Members are taken out once: numba counts their uses, which takes longer than a short run.
    rates, local, gain, loss = grid.rates, grid.local, grid.gain, grid.loss
    small = grid.sides.size > 0
    ends, sides, counted, removal = grid.ends, grid.sides, grid.counted, grid.removal
    crossing_species, crossing_at, crossing_cell = (
        grid.crossing_species,
        grid.crossing_at,
        grid.crossing_cell,
    )
    crossing_gain, crossing_loss = grid.crossing_gain, grid.crossing_loss
    species, stages = rates.shape[0], table.shape[0]
    again = bool(stages > 1 and np.any(table[:, 4] != 0.0))
    base = np.empty((species, 12), dtype=np.int64)
    at = np.empty((species, 14), dtype=np.uint64)
    rows = np.zeros((stages + 1, 5))
    rows[:stages] = table
    rows[stages, 3] = 1.0
    scratch = mine[mine.size - (counted.size + 1) * ROW :]
    for tick in range(low - stages + 1, high + stages - 1):
        for j in range(stages):
            z, beyond = tick - j, stages - 1 - j
            if z < max(low - beyond, 0) or z >= min(high + beyond, slabs):
                continue
            final, owned, first = j == stages - 1, low <= z < high, again and j == 0
            slopes = PAD + (stages * KEPT + z % stages) * species * (cells + GAP) if again else 0
            _place(slabs, cells, local, j, z, slopes, final, first, base)
            # Where F_0 is needed again it is written by itself first.
            w = rows[stages if first else j]
            needs_start = w[2] != 0.0
            start = 0
            while start < cells:
                stop = _end(slabs, cells, width, small, block, z, start)
                _shift(slabs, cells, width, small, z, start, stop, base, at)
                source = u if j == 0 else mine
                step = five if again and j > 0 else (three if needs_start else two)
                call(
                    step,
                    (
                        source,
                        u,
                        mine,
                        out if final else mine,
                        scratch,
                        ends,
                        sides,
                        gain,
                        loss,
                        parameters,
                        rates,
                        w,
                        at,
                        stop - start,
                    ),
                )
                if owned:
                    cell, size = z * cells + start, stop - start
                    _count(source, at, scratch, counted, removal, cell, size, totals, z, j)
                if final and judged.shape[0] > 0:
                    for s in range(species):
                        begin, number = np.uint64(base[s, 7] + start), np.uint64(stop - start)
                        _judge(u, source, out, at, s, begin, number, judged, z)
                start = stop
            if first:
                for s in range(species):
                    a, b = base[s, 0], base[s, 9]
                    c = _begins(slabs, cells, species, 1, z, s)
                    _sum(u[a : a + cells], table[0], mine[b : b + cells], mine[c : c + cells])
            if owned and crossing_species.size > 0:
                _cross(
                    u if j == 0 else mine,
                    slabs,
                    cells,
                    species,
                    crossing_species,
                    crossing_at,
                    crossing_cell,
                    crossing_gain,
                    crossing_loss,
                    j,
                    z,
                    totals,
                )
