"""Where straight segments run through the boxes of a grid: exact, and no length is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
# Pieces that are worked out at once.
_CHUNK = 2**21


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """Pieces of segments in one box each: `segment`, `box` (pieces, 3), from `first` to `last`.

    These are shares of the segment, from 0 at its start to 1 at its end.
    """

    segment: Numbers
    box: Numbers
    first: Floats
    last: Floats


def pieces_in_boxes(starts: Floats, ends: Floats, shape: tuple[int, ...]) -> Iterator[Pieces]:
    """Yield the pieces of segments (n, 3) within a grid of `shape`, whose box b is b to b + 1.

    Places are in indices, so that an affine grid is one of unit boxes. The shares of a segment's
    pieces add up to that of it which is within the grid.
    """
    first, last = _within(starts, ends, shape)
    held = np.flatnonzero(last > first)
    if not held.size:
        return
    per_chunk = max(_CHUNK // (sum(shape) + 2), 1)
    for begin in range(0, held.size, per_chunk):
        part = held[begin : begin + per_chunk]
        found = _cut(starts[part], ends[part], first[part], last[part], shape)
        yield Pieces(segment=part[found.segment], box=found.box, first=found.first, last=found.last)


def _within(starts: Floats, ends: Floats, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return from which share to which each segment is within the grid."""
    along = ends - starts
    sizes = np.array(shape, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (0.0 - starts) / along, (sizes - starts) / along
    still = along == 0
    inside = (starts >= 0) & (starts < sizes)
    low = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, two))
    high = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, two))
    return np.maximum(low.max(axis=1), 0.0), np.minimum(high.min(axis=1), 1.0)


def _cut(
    starts: Floats, ends: Floats, first: Floats, last: Floats, shape: tuple[int, ...]
) -> Pieces:
    along = ends - starts
    numbers, shares = [np.tile(np.arange(first.size), 2)], [np.concatenate([first, last])]
    for axis in range(3):
        number, share = _crossings(starts[:, axis], along[:, axis], first, last)
        numbers.append(number)
        shares.append(share)
    segment, share = np.concatenate(numbers), np.concatenate(shares)
    order = np.lexsort((share, segment))
    segment, share = segment[order], share[order]
    kept = np.flatnonzero((segment[1:] == segment[:-1]) & (share[1:] > share[:-1]))
    segment, low, high = segment[kept], share[kept], share[kept + 1]
    middle = starts[segment] + 0.5 * (low + high)[:, None] * along[segment]
    box = np.clip(np.floor(middle).astype(np.int64), 0, np.array(shape) - 1)
    return Pieces(segment=segment, box=box, first=low, last=high)


def _crossings(start: Floats, along: Floats, first: Floats, last: Floats) -> tuple[Numbers, Floats]:
    """Return at which shares segments cross the planes between boxes along one axis."""
    one, two = start + first * along, start + last * along
    lowest = np.ceil(np.minimum(one, two))
    counts = np.maximum(np.floor(np.maximum(one, two)) - lowest + 1, 0).astype(np.int64)
    counts[along == 0] = 0
    number = np.repeat(np.arange(counts.size), counts)
    ends = np.cumsum(counts)
    plane = lowest[number] + np.arange(number.size) - np.repeat(ends - counts, counts)
    share = (plane - start[number]) / along[number]
    return number, np.clip(share, first[number], last[number])
