"""Where the values of a slab and its neighbours begin, in the grid and in a thread's memory."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused

Array = np.ndarray
KEPT = 5  # slabs of a stage: the fourth stage after it needs one when four more are there
# Numbers between kept slabs, or those of whole pages would all fall on the same lines of a cache.
GAP = 40
PAD = 8  # numbers before and behind a thread's memory, which are read but not used


@fused
def begins(slabs: int, cells: int, species: int, stage: int, slab: int, s: int) -> int:
    """Return where species `s` of a slab begins after `stage` stages."""
    if stage == 0:
        return (s * slabs + slab) * cells
    return PAD + (((stage - 1) * KEPT + slab % KEPT) * species + s) * (cells + GAP)


@fused
def place(
    slabs: int,
    cells: int,
    local: Array,
    stage: int,
    z: int,
    slopes: int,
    final: bool,
    first: bool,
    third: bool,
    fourth: bool,
    at: Array,
) -> None:
    """Fill the table of where a slab's values and its neighbours' begin (see `stage_text`).

    F_0 goes to `slopes` where that is wanted `first`. In its place is the stage two before, and in
    that of the start the one three before, where a `third` and a `fourth` are read.
    """
    species = at.shape[0]
    for s in range(species):
        here = begins(slabs, cells, species, stage, z, s)
        # What has no weight is read all the same, and must be a number.
        slope = slopes + s * (cells + GAP) if slopes > 0 else here
        at[s, 0] = here
        at[s, 1] = begins(slabs, cells, species, stage, z - 1 if z > 0 else z, s)
        at[s, 2] = begins(slabs, cells, species, stage, z + 1 if z < slabs - 1 else z, s)
        at[s, 7] = begins(slabs, cells, species, stage - 3 if fourth else 0, z, s)
        at[s, 8] = begins(slabs, cells, species, stage - 1, z, s) if stage > 1 else here
        at[s, 9] = begins(slabs, cells, species, stage - 2, z, s) if third else slope
        at[s, 10] = ((local[s] if local[s] > 0 else 0) * slabs + z) * cells
        after = 0 if final else stage + 1
        at[s, 11] = slope if first else begins(slabs, cells, species, after, z, s)


@fused
def shift(
    slabs: int,
    cells: int,
    width: int,
    small: bool,
    z: int,
    start: int,
    stop: int,
    placed: Array,
    base: Array,
    at: Array,
) -> None:
    """Fill the table for the run of cells start <= i < stop of a slab."""
    # Of each axis the faces of all cells, after room for those before the first.
    faces = cells + z * cells + start
    stride = cells * (slabs + 1)
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
        if placed[s] >= 0:
            first = placed[s] * 3 * stride + faces
            at[s, 14], at[s, 15] = first, first - cells
            at[s, 16], at[s, 17] = first + stride, first + stride - width
            at[s, 18], at[s, 19] = first + 2 * stride, first + 2 * stride - 1


@fused
def end(slabs: int, cells: int, width: int, small: bool, block: int, z: int, start: int) -> int:
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
