"""Loops between the mesh's cells and the box around them, by runs of cells that stand in a row."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused, summing
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray

MOST = 2048  # cells in a run


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
