"""The order in which a sparse matrix of known pattern is eliminated, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.organs.arrays import Steps

Places = NDArray[np.int64]
_KEPT = 64  # patterns


@dataclass(frozen=True, kw_only=True, eq=False)
class Elimination:
    """Places of a matrix's entries, in which L and U replace it, and the steps that do so.

    `entry` (n, n) is the place of each entry, -1 where there is none. Pivot k is unknown
    ``order[k]``. The steps of pivot k are those from ``starts[k]`` to ``starts[k + 1]``, one
    row of `starts` each for: `lower` (place, row) in its column, `update` (place, place in L,
    place in U), and `upper` (place, row) in its column above the diagonal.
    """

    entry: Places
    order: Places
    starts: Places
    lower: Places
    update: Places
    upper: Places

    @cached_property
    def size(self) -> int:
        """The number of entries, fill included."""
        return int((self.entry >= 0).sum())

    @cached_property
    def diagonal(self) -> Places:
        """The places of the diagonal."""
        return np.ascontiguousarray(np.diag(self.entry))

    @cached_property
    def steps(self) -> Steps:
        """Order, diagonal, starts and steps, as compiled code takes them."""
        return Steps(
            order=self.order,
            diagonal=self.diagonal,
            starts=self.starts,
            lower=self.lower,
            update=self.update,
            upper=self.upper,
        )


def eliminate(pattern: NDArray[np.bool_]) -> Elimination:
    """Return the elimination of matrices with entries where `pattern` (n, n) says so.

    Pivots are taken from the diagonal, always the one that fills in least (Markowitz), which
    is safe for matrices whose diagonal outweighs their columns.
    """
    return _eliminated(pattern.tobytes(), len(pattern))


# Members of a sweep have one pattern, and what is worked out of it is not written to.
@lru_cache(maxsize=_KEPT)
def _eliminated(pattern: bytes, size: int) -> Elimination:
    given = np.frombuffer(pattern, dtype=bool).reshape(size, size)
    filled = given | np.eye(size, dtype=bool)
    order = _ordered(filled)
    entry = np.full(filled.shape, -1, dtype=np.int64)
    entry[filled] = np.arange(filled.sum())
    lower, update, upper = [], [], []
    starts = [(0, 0, 0)]
    for number, pivot in enumerate(order):
        before, after = order[:number], order[number + 1 :]
        rows = [row for row in after if filled[row, pivot]]
        columns = [column for column in after if filled[pivot, column]]
        lower += [(entry[row, pivot], row) for row in rows]
        update += [(entry[r, c], entry[r, pivot], entry[pivot, c]) for r in rows for c in columns]
        upper += [(entry[row, pivot], row) for row in before if filled[row, pivot]]
        starts.append((len(lower), len(update), len(upper)))
    return Elimination(
        entry=entry,
        order=_places(order, 1)[:, 0],
        starts=_places(starts, 3),
        lower=_places(lower, 2),
        update=_places(update, 3),
        upper=_places(upper, 2),
    )


def _ordered(filled: NDArray[np.bool_]) -> list[int]:
    """Return the pivots in order; entries that arise are added to `filled`."""
    left = np.ones(len(filled), dtype=bool)
    order = []
    for _ in range(len(filled)):
        rest = filled & left[:, None] & left[None, :]
        fill = (rest.sum(axis=0) - 1) * (rest.sum(axis=1) - 1)
        pivot = int(np.argmin(np.where(left, fill, np.iinfo(np.int64).max)))
        left[pivot] = False
        filled |= np.outer(rest[:, pivot] & left, rest[pivot] & left)
        order.append(pivot)
    return order


def _places(steps: Sequence[tuple[int, ...] | int], width: int) -> Places:
    return np.array(steps, dtype=np.int64).reshape(-1, width)
