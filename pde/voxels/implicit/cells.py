"""Loops between the mesh's cells and the box around them, and over stages' slopes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray

_WIDTH = 2048  # cells in a block


def combined(first: Array, slopes: Array, weights: Array, out: Array) -> None:
    """Write first + sum_j weights_j slopes_j to `out`; all (species, cells), slopes (stages, ...).

    `out` may be `first`.
    """
    _in_blocks(lambda a, b: _combine(first, slopes, weights, a, b, out), first.shape[1])


def ended(
    first: Array, slopes: Array, weights: Array, errors: Array, volumes: Array, out: Array
) -> tuple[Array, Array, Array]:
    """Write first + sum_j weights_j slopes_j to `out`, as `combined` does.

    Also returns, per species, the volume's 1-norms of sum_j errors_j slopes_j and of what is
    written, and its least value, which is nan where one is not finite. All is read once.
    """
    sums = np.zeros((3, first.shape[0], -(-first.shape[1] // _WIDTH)))
    _in_blocks(
        lambda a, b: _end(first, slopes, weights, errors, volumes, a, b, out, sums), first.shape[1]
    )
    difference, size = sums[:2].sum(axis=2)
    return difference, size, np.where(np.isfinite(size), sums[2].min(axis=1), np.nan)


def put(values: Array, weights: Array, place: Array, out: Array) -> None:
    """Write values x weights (cells) to their `place` in the box `out`."""
    _in_blocks(lambda a, b: _put(values, weights, place, a, b, out), values.size)


def taken(box: Array, place: Array, weights: Array, out: Array) -> None:
    """Write what stands in the box at `place`, times weights, to `out` (cells)."""
    _in_blocks(lambda a, b: _take(box, place, weights, a, b, out), out.size)


def events(kept: Array, solved: Array, volumes: Array, out: Array) -> float:
    """Write kept x solved to `out`; return its total over the volumes."""
    sums = np.zeros(-(-out.size // _WIDTH))
    _in_blocks(lambda a, b: _events(kept, solved, volumes, a, b, out, sums), out.size)
    return float(sums.sum())


def _in_blocks(task: Callable[[int, int], object], cells: int) -> None:
    in_parts(task, -(-cells // _WIDTH), cells)


@fused
def _combine(first: Array, slopes: Array, weights: Array, a: int, b: int, out: Array) -> None:
    for k in range(a, b):
        low, high = k * _WIDTH, min((k + 1) * _WIDTH, first.shape[1])
        for s in range(first.shape[0]):
            _weigh(first[s, low:high], slopes, weights, s, low, out[s, low:high])


@fused
def _weigh(begin: Array, slopes: Array, weights: Array, s: int, low: int, out: Array) -> None:
    """Write begin + sum_j weights_j slopes_j of species `s` from cell `low` on to `out`."""
    for i in range(out.size):
        out[i] = begin[i]
    for j in range(weights.size):
        if weights[j] != 0.0:
            slope = slopes[j, s, low : low + out.size]
            for i in range(out.size):
                out[i] += weights[j] * slope[i]


@summing
def _end(
    first: Array,
    slopes: Array,
    weights: Array,
    errors: Array,
    volumes: Array,
    a: int,
    b: int,
    out: Array,
    sums: Array,
) -> None:
    nothing, wrong = np.zeros(_WIDTH), np.empty(_WIDTH)
    for k in range(a, b):
        low, high = k * _WIDTH, min((k + 1) * _WIDTH, first.shape[1])
        held = volumes[low:high]
        for s in range(first.shape[0]):
            new, off = out[s, low:high], wrong[: high - low]
            _weigh(first[s, low:high], slopes, weights, s, low, new)
            _weigh(nothing[: high - low], slopes, errors, s, low, off)
            difference, size, least = 0.0, 0.0, np.inf
            for i in range(high - low):
                difference += abs(off[i]) * held[i]
                size += abs(new[i]) * held[i]
                least = new[i] if new[i] < least else least
            sums[0, s, k], sums[1, s, k], sums[2, s, k] = difference, size, least


@fused
def _put(values: Array, weights: Array, place: Array, a: int, b: int, out: Array) -> None:
    for c in range(a * _WIDTH, min(b * _WIDTH, values.size)):
        out[place[c]] = values[c] * weights[c]


@fused
def _take(box: Array, place: Array, weights: Array, a: int, b: int, out: Array) -> None:
    for c in range(a * _WIDTH, min(b * _WIDTH, out.size)):
        out[c] = weights[c] * box[place[c]]


@summing
def _events(
    kept: Array, solved: Array, volumes: Array, a: int, b: int, out: Array, sums: Array
) -> None:
    for k in range(a, b):
        low, high = k * _WIDTH, min((k + 1) * _WIDTH, out.size)
        slope, amount = kept[low:high], solved[low:high]
        weights, target = volumes[low:high], out[low:high]
        total = 0.0
        for i in range(high - low):
            target[i] = slope[i] * amount[i]
            total += target[i] * weights[i]
        sums[k] = total
