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


def begun(
    values: Array,
    weights: Array,
    factor: float,
    place: Array,
    x: Array,
    right: Array,
    rest: Array,
) -> float:
    """Write 0 to `x`, and values x weights x factor (cells) to `right` and `rest`, at `place`.

    Returns the 1-norm of the latter.
    """
    sums = np.zeros(-(-values.size // _WIDTH))
    _in_blocks(
        lambda a, b: _begin(values, weights, factor, place, a, b, x, right, rest, sums), values.size
    )
    return float(sums.sum())


def held(x: Array, place: Array, storage: Array, volumes: Array) -> float:
    """Return the volume's 1-norm of what stands in `x` at `place`, times `storage` (cells)."""
    sums = np.zeros(-(-place.size // _WIDTH))
    _in_blocks(lambda a, b: _hold(x, place, storage, volumes, a, b, sums), place.size)
    return float(sums.sum())


def closed(
    x: Array,
    rest: Array,
    place: Array,
    storage: Array,
    volumes: Array,
    step: float,
    solved: Array,
    right: Array,
) -> None:
    """Write storage x to `solved` (cells), and what it is with step rest / volumes to `right`."""
    _in_blocks(
        lambda a, b: _close(x, rest, place, storage, volumes, step, a, b, solved, right),
        place.size,
    )


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
    """Return the volume's 1-norm of what is negative of `values` (cells)."""
    sums = np.zeros(-(-values.size // _WIDTH))
    _in_blocks(lambda a, b: _shortage(values, volumes, a, b, sums), values.size)
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


@summing
def _begin(
    values: Array,
    weights: Array,
    factor: float,
    place: Array,
    a: int,
    b: int,
    x: Array,
    right: Array,
    rest: Array,
    sums: Array,
) -> None:
    for k in range(a, b):
        total = 0.0
        for c in range(k * _WIDTH, min((k + 1) * _WIDTH, values.size)):
            value = values[c] * weights[c] * factor
            x[place[c]], right[place[c]], rest[place[c]] = 0.0, value, value
            total += abs(value)
        sums[k] = total


@summing
def _hold(
    x: Array, place: Array, storage: Array, volumes: Array, a: int, b: int, sums: Array
) -> None:
    for k in range(a, b):
        total = 0.0
        for c in range(k * _WIDTH, min((k + 1) * _WIDTH, place.size)):
            total += abs(storage[c] * x[place[c]]) * volumes[c]
        sums[k] = total


@fused
def _close(
    x: Array,
    rest: Array,
    place: Array,
    storage: Array,
    volumes: Array,
    step: float,
    a: int,
    b: int,
    solved: Array,
    right: Array,
) -> None:
    for c in range(a * _WIDTH, min(b * _WIDTH, place.size)):
        solved[c] = storage[c] * x[place[c]]
        right[c] = step / volumes[c] * rest[place[c]] + solved[c]


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
        total = 0.0
        for i in range(high - low):
            total += max(-row[i], 0.0) * weights[i]
        sums[k] = total
