"""What happens in the runs of a pass over a grid, added up."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.pde.voxels.wave.places import begins

Array = np.ndarray
Index = np.uint64  # a signed index would be looked at for being negative


@summing
def _product(a: Array, first: Index, b: Array, second: Index, size: Index) -> float:
    total = 0.0
    for i in range(size):
        total += a[first + i] * b[second + i]
    return total


@summing
def judge(
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


@summing
def judge_by_five(
    kept: Array,
    new: Array,
    weights: Array,
    at: Array,
    s: int,
    size: Index,
    judged: Array,
    z: int,
) -> None:
    """As `judge`, of the weighted sum of the last stage and the four before it."""
    here, earlier, third, fourth = at[s, 0], at[s, 8], at[s, 9], at[s, 7]
    target = at[s, 11]
    a, b, c, d, e = weights[0], weights[1], weights[2], weights[3], weights[4]
    difference, total, negative = 0.0, 0.0, 0.0
    for i in range(size):
        x = new[target + i]
        near = b * kept[here + i] + c * kept[earlier + i]
        far = d * kept[third + i] + e * kept[fourth + i]
        difference += abs(a * x + near + far)
        total += abs(x)
        negative += -x if x < 0.0 else 0.0
    judged[z, s, 0] += difference
    judged[z, s, 1] += total
    judged[z, s, 2] += negative


@fused
def count(
    amounts: Array,
    at: Array,
    counts: Array,
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
            totals[z, stage, r] += counts[2 * r]
            totals[z, stage, reactions + r] += counts[2 * r + 1]
    if removal.size > 0:
        begin, number = np.uint64(cell), np.uint64(size)
        for s in range(at.shape[0]):
            taken = _product(removal, begin, amounts, at[s, 0], number)
            totals[z, stage, 2 * reactions + s] += taken


@fused
def cross(
    amounts: Array,
    slabs: int,
    cells: int,
    species: int,
    crossing_species: Array,
    crossing_apart: Array,
    crossing_at: Array,
    crossing_cell: Array,
    crossing_gain: Array,
    crossing_loss: Array,
    stage: int,
    z: int,
    totals: Array,
) -> None:
    """Add what every crossing lets in and what it lets out in one slab."""
    crossings = crossing_species.size
    first = totals.shape[2] - 2 * crossings
    for k in range(crossings):
        begin = begins(slabs, cells, species, stage, z, crossing_species[k])
        came, went = 0.0, 0.0
        for i in range(crossing_at[k, z], crossing_at[k, z + 1]):
            gained, lost = crossing_gain[i], crossing_loss[i] * amounts[begin + crossing_cell[i]]
            if crossing_apart[k]:
                came += gained
                went += lost
            else:
                came += max(gained - lost, 0.0)
                went += max(lost - gained, 0.0)
        totals[z, stage, first + k] += came
        totals[z, stage, first + crossings + k] += went


@fused
def over_slabs(totals: Array, judged: Array, volume: float) -> tuple[Array, Array, Array, Array]:
    """Return the sums over slabs of what `count`, `cross` and `judge` added up, times `volume`.

    The last is of what is negative, below zero, and nan where a species is not finite.
    """
    slabs, stages, columns = totals.shape
    everything, sums = np.zeros((stages, columns)), np.zeros((3, judged.shape[1]))
    for z in range(slabs):
        everything += totals[z]
        for s in range(judged.shape[1]):
            for k in range(3):
                sums[k, s] += judged[z, s, k]
    sums *= volume
    low, finite = -sums[2], np.isfinite(sums[1])
    if not finite.all():
        for s in range(low.size):
            low[s] = 0.0 if finite[s] else np.nan
    return everything * volume, sums[0], sums[1], low
