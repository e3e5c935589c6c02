"""Loops over the mesh's cells: stages' slopes, what is left of them, and norms."""

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


def events(kept: Array, solved: Array, volumes: Array, changes: Array, right: Array) -> float:
    """Add the events kept x solved, times the species' `changes`, to `right` (species, cells).

    Returns their total over the volumes.
    """
    sums = np.zeros(-(-solved.size // _WIDTH))
    _in_blocks(lambda a, b: _events(kept, solved, volumes, changes, a, b, right, sums), solved.size)
    return float(sums.sum())


def norms(values: Array, volumes: Array) -> Array:
    """Return the volume's 1-norm of every row of `values` (species, cells)."""
    sums = np.zeros((values.shape[0], -(-values.shape[1] // _WIDTH)))
    _in_blocks(lambda a, b: _norms(values, volumes, a, b, sums), values.shape[1])
    return np.asarray(sums.sum(axis=1))


def shortage(values: Array, volumes: Array) -> float:
    """Return the share of the volume's 1-norm of `values` (cells) that is of negative ones."""
    sums = np.zeros((2, -(-values.size // _WIDTH)))
    _in_blocks(lambda a, b: _shortage(values, volumes, a, b, sums), values.size)
    negative, size = sums.sum(axis=1)
    return float(negative / size) if size > 0.0 else 0.0


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


@summing
def _events(
    kept: Array,
    solved: Array,
    volumes: Array,
    changes: Array,
    a: int,
    b: int,
    right: Array,
    sums: Array,
) -> None:
    for k in range(a, b):
        low, high = k * _WIDTH, min((k + 1) * _WIDTH, solved.size)
        slope, amount, weights = kept[low:high], solved[low:high], volumes[low:high]
        total = 0.0
        for i in range(high - low):
            total += slope[i] * amount[i] * weights[i]
        sums[k] = total
        for s in range(changes.size):
            if changes[s] != 0.0:
                target = right[s, low:high]
                for i in range(high - low):
                    target[i] += changes[s] * (slope[i] * amount[i])


@summing
def _norms(values: Array, volumes: Array, a: int, b: int, sums: Array) -> None:
    for k in range(a, b):
        low, high = k * _WIDTH, min((k + 1) * _WIDTH, volumes.size)
        weights = volumes[low:high]
        for s in range(values.shape[0]):
            row, total = values[s, low:high], 0.0
            for i in range(high - low):
                total += abs(row[i]) * weights[i]
            sums[s, k] = total


@summing
def _shortage(values: Array, volumes: Array, a: int, b: int, sums: Array) -> None:
    for k in range(a, b):
        low, high = k * _WIDTH, min((k + 1) * _WIDTH, volumes.size)
        row, weights = values[low:high], volumes[low:high]
        negative, size = 0.0, 0.0
        for i in range(high - low):
            negative += max(-row[i], 0.0) * weights[i]
            size += abs(row[i]) * weights[i]
        sums[0, k], sums[1, k] = negative, size
