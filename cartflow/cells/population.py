"""Cells one by one: where each is, what it is, and its number for life."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.chance.philox import PLACING, direction, draw
from cartflow.core.compiling import serial

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Cells (n): `position` (n, 3) in mm, `heading` (n, 3), `kind`, mesh cell `place`, `name`.

    A name is a number that no other cell has or had; `unborn` is the next that is free. A cell
    takes 61 bytes.
    """

    position: Array
    heading: Array
    kind: Array
    place: Array
    name: Array
    unborn: int = 0

    @classmethod
    def none(cls) -> Population:
        """Return a population without cells."""
        return cls(
            position=np.zeros((0, 3)),
            heading=np.zeros((0, 3)),
            kind=np.zeros(0, dtype=np.int8),
            place=np.zeros(0, dtype=np.int32),
            name=np.zeros(0, dtype=np.uint64),
        )

    @property
    def size(self) -> int:
        """The number of cells."""
        return int(self.kind.size)

    def counts(self, kinds: int, mesh_cells: int) -> Array:
        """Return the number of cells of each kind (kinds, mesh cells)."""
        where = self.kind.astype(np.int64) * mesh_cells + self.place
        return np.bincount(where, minlength=kinds * mesh_cells).reshape(kinds, mesh_cells)

    def joined(self, other: Population) -> Population:
        """Return the cells of both, those of `other` last."""
        if not other.size:
            return replace(self, unborn=other.unborn)
        pairs = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("position", "heading", "kind", "place", "name")
        }
        return Population(**pairs, unborn=other.unborn)


@serial
def head(first, last, heading, names, step, seed):  # type: ignore[no-untyped-def]
    """Let the cells `first` to `last` face anywhere alike."""
    for i in range(first, last):
        a, b, _, _ = draw(seed, names[i], step, PLACING, 1)
        heading[i, 0], heading[i, 1], heading[i, 2] = direction(a, b)
