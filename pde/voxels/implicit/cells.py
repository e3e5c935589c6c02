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
            target, begin = out[s, low:high], first[s, low:high]
            for i in range(high - low):
                target[i] = begin[i]
            for j in range(weights.size):
                if weights[j] != 0.0:
                    slope = slopes[j, s, low:high]
                    for i in range(high - low):
                        target[i] += weights[j] * slope[i]


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
