"""Loops between the mesh's cells and the box around them, and over stages' slopes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray

MOST = 2048  # cells in a block


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
    sums = np.zeros((3, first.shape[0], -(-first.shape[1] // MOST)))
    _in_blocks(
        lambda a, b: _end(first, slopes, weights, errors, volumes, a, b, out, sums), first.shape[1]
    )
    difference, size = sums[:2].sum(axis=2)
    return difference, size, np.where(np.isfinite(size), sums[2].min(axis=1), np.nan)


def runs(place: Array) -> Array:
    """Return rows (cell, place, length) of runs of cells whose places follow one another.

    `place` (cells) rises. Runs are at most as long as a block.
    """
    follows = np.diff(place, prepend=place[:1] - 2) == 1
    length = np.arange(place.size) - np.maximum.accumulate(
        np.where(follows, 0, np.arange(place.size))
    )
    begin = np.flatnonzero(length % MOST == 0)
    return np.stack([begin, place[begin], np.diff(begin, append=place.size)], axis=1)


def put(values: Array, weights: Array, rows: Array, out: Array) -> None:
    """Write values x weights (cells) to their place in the box `out`; `rows` are `runs`."""
    in_parts(lambda a, b: _put(values, weights, rows, a, b, out), len(rows), values.size)


def begun(
    values: Array,
    weights: Array,
    factor: float,
    rows: Array,
    x: Array,
    right: Array,
    rest: Array,
) -> float:
    """Write 0 to `x`, and values x weights x factor (cells) to `right` and `rest`, at their place.

    Returns the 1-norm of the latter; `rows` are `runs`.
    """
    sums = np.zeros(len(rows))
    in_parts(
        lambda a, b: _begin(values, weights, factor, rows, a, b, x, right, rest, sums),
        len(rows),
        values.size,
    )
    return float(sums.sum())


def held(x: Array, rows: Array, storage: Array, volumes: Array) -> float:
    """Return the volume's 1-norm of what stands in the box `x`, times `storage` (cells)."""
    sums = np.zeros(len(rows))
    in_parts(lambda a, b: _hold(x, rows, storage, volumes, a, b, sums), len(rows), volumes.size)
    return float(sums.sum())


def closed(
    x: Array,
    rest: Array,
    rows: Array,
    storage: Array,
    volumes: Array,
    step: float,
    solved: Array,
    right: Array,
) -> None:
    """Write storage x to `solved` (cells), and what it is with step rest / volumes to `right`."""
    in_parts(
        lambda a, b: _close(x, rest, rows, storage, volumes, step, a, b, solved, right),
        len(rows),
        volumes.size,
    )


def events(kept: Array, solved: Array, volumes: Array, changes: Array, right: Array) -> float:
    """Add the events kept x solved, times the species' `changes`, to `right` (species, cells).

    Returns their total over the volumes.
    """
    sums = np.zeros(-(-solved.size // MOST))
    _in_blocks(lambda a, b: _events(kept, solved, volumes, changes, a, b, right, sums), solved.size)
    return float(sums.sum())


def norms(values: Array, volumes: Array) -> Array:
    """Return the volume's 1-norm of every row of `values` (species, cells)."""
    sums = np.zeros((values.shape[0], -(-values.shape[1] // MOST)))
    _in_blocks(lambda a, b: _norms(values, volumes, a, b, sums), values.shape[1])
    return np.asarray(sums.sum(axis=1))


def shortage(values: Array, volumes: Array) -> float:
    """Return the share of the volume's 1-norm of `values` (cells) that is of negative ones."""
    sums = np.zeros((2, -(-values.size // MOST)))
    _in_blocks(lambda a, b: _shortage(values, volumes, a, b, sums), values.size)
    negative, size = sums.sum(axis=1)
    return float(negative / size) if size > 0.0 else 0.0


def _in_blocks(task: Callable[[int, int], object], cells: int) -> None:
    in_parts(task, -(-cells // MOST), cells)


@fused
def _combine(first: Array, slopes: Array, weights: Array, a: int, b: int, out: Array) -> None:
    for k in range(a, b):
        low, high = k * MOST, min((k + 1) * MOST, first.shape[1])
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
    nothing, wrong = np.zeros(MOST), np.empty(MOST)
    for k in range(a, b):
        low, high = k * MOST, min((k + 1) * MOST, first.shape[1])
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
def _put(values: Array, weights: Array, rows: Array, a: int, b: int, out: Array) -> None:
    for k in range(a, b):
        cell, place, length = rows[k]
        source, share = values[cell : cell + length], weights[cell : cell + length]
        target = out[place : place + length]
        for i in range(length):
            target[i] = source[i] * share[i]


@summing
def _begin(
    values: Array,
    weights: Array,
    factor: float,
    rows: Array,
    a: int,
    b: int,
    x: Array,
    right: Array,
    rest: Array,
    sums: Array,
) -> None:
    for k in range(a, b):
        cell, place, length = rows[k]
        source, share = values[cell : cell + length], weights[cell : cell + length]
        goal, left = right[place : place + length], rest[place : place + length]
        x[place : place + length] = 0.0
        total = 0.0
        for i in range(length):
            value = source[i] * share[i] * factor
            goal[i] = value
            left[i] = value
            total += abs(value)
        sums[k] = total


@summing
def _hold(
    x: Array, rows: Array, storage: Array, volumes: Array, a: int, b: int, sums: Array
) -> None:
    for k in range(a, b):
        cell, place, length = rows[k]
        share, weights = storage[cell : cell + length], volumes[cell : cell + length]
        source = x[place : place + length]
        total = 0.0
        for i in range(length):
            total += abs(share[i] * source[i]) * weights[i]
        sums[k] = total


@fused
def _close(
    x: Array,
    rest: Array,
    rows: Array,
    storage: Array,
    volumes: Array,
    step: float,
    a: int,
    b: int,
    solved: Array,
    right: Array,
) -> None:
    for k in range(a, b):
        cell, place, length = rows[k]
        last = cell + length
        close_run(
            x[place : place + length],
            rest[place : place + length],
            storage[cell:last],
            volumes[cell:last],
            step,
            solved[cell:last],
            right[cell:last],
        )


@fused
def close_run(
    x: Array,
    rest: Array,
    storage: Array,
    volumes: Array,
    step: float,
    solved: Array,
    right: Array,
) -> None:
    """Do as `closed` for cells whose places follow one another."""
    for i in range(solved.size):
        solved[i] = storage[i] * x[i]
        right[i] = step / volumes[i] * rest[i] + solved[i]


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
        low, high = k * MOST, min((k + 1) * MOST, solved.size)
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
        low, high = k * MOST, min((k + 1) * MOST, volumes.size)
        weights = volumes[low:high]
        for s in range(values.shape[0]):
            row, total = values[s, low:high], 0.0
            for i in range(high - low):
                total += abs(row[i]) * weights[i]
            sums[s, k] = total


@summing
def _shortage(values: Array, volumes: Array, a: int, b: int, sums: Array) -> None:
    for k in range(a, b):
        low, high = k * MOST, min((k + 1) * MOST, volumes.size)
        row, weights = values[low:high], volumes[low:high]
        negative, size = 0.0, 0.0
        for i in range(high - low):
            negative += max(-row[i], 0.0) * weights[i]
            size += abs(row[i]) * weights[i]
        sums[0, k], sums[1, k] = negative, size
