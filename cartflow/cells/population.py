"""Cells one by one: where each is, what it is, and its number for life."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.chance.philox import PLACING, direction, draw
from cartflow.core.compiling import serial

Array = np.ndarray
COLUMNS = (
    "position",
    "heading",
    "kind",
    "place",
    "name",
    "founder",
    "traits",
    "met",
    "mate",
    "clock",
)
ALONE = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Cells (n): `position` (n, 3) in mm, `heading` (n, 3), `kind`, mesh cell `place`, `name`.

    A name is a number that no other cell has or had; `unborn` is the next that is free. `founder`
    is the name of the cell of which it descends, which was nobody's daughter; `traits` (n, traits)
    are its own numbers; `met` counts the cells that it attached to, `mate` is the row of the one
    that it holds now, or `ALONE`, and `clock` for how many days it has, or below 0 how long it
    pauses. A cell takes 81 bytes, and 4 for each trait.
    """

    position: Array
    heading: Array
    kind: Array
    place: Array
    name: Array
    founder: Array
    traits: Array
    met: Array
    mate: Array
    clock: Array
    unborn: int = 0

    @classmethod
    def none(cls, traits: int = 0) -> Population:
        """Return a population without cells."""
        return cls.fresh(0, traits)

    @classmethod
    def fresh(cls, count: int, traits: int, unborn: int = 0) -> Population:
        """Return `count` cells of kind 0, named from `unborn` on, all at the origin and alone."""
        name = np.arange(unborn, unborn + count, dtype=np.uint64)
        return cls(
            position=np.zeros((count, 3)),
            heading=np.zeros((count, 3)),
            kind=np.zeros(count, dtype=np.int8),
            place=np.zeros(count, dtype=np.int32),
            name=name,
            founder=name.copy(),
            traits=np.zeros((count, traits), dtype=np.float32),
            met=np.zeros(count, dtype=np.int32),
            mate=np.full(count, ALONE, dtype=np.int32),
            clock=np.zeros(count, dtype=np.float32),
            unborn=unborn + count,
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
        """Return the cells of both, those of `other`, who hold nobody, last."""
        if not other.size:
            return replace(self, unborn=other.unborn)
        pairs = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in COLUMNS
        }
        return Population(**pairs, unborn=other.unborn)

    def without(self, gone: Array) -> Population:
        """Return the cells that are not `gone` (bool per cell); who held one of these is alone."""
        if not gone.any():
            return self
        kept = ~gone
        rows = {name: getattr(self, name)[kept] for name in COLUMNS}
        now = np.where(kept, np.cumsum(kept) - 1, ALONE)
        return Population(**{**rows, "mate": renamed(rows["mate"], now)}, unborn=self.unborn)


def renamed(mate: Array, now: Array) -> Array:
    """Return rows of mates after the cells have come to the rows `now`, `ALONE` if gone."""
    found = np.full(mate.size, ALONE, dtype=np.int32)
    held = mate >= 0
    found[held] = now[mate[held]]
    return found


@serial
def head(first, last, heading, names, step, seed):  # type: ignore[no-untyped-def]
    """Let the cells `first` to `last` face anywhere alike."""
    for i in range(first, last):
        a, b, _, _ = draw(seed, names[i], step, PLACING, 1)
        heading[i, 0], heading[i, 1], heading[i, 2] = direction(a, b)
