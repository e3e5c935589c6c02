"""Cells that are many, as amounts in mesh cells: what becomes of single cells, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.chance.streams import stream
from cartflow.cells.hybrid.borders import charged
from cartflow.cells.hybrid.neighbours import Neighbours
from cartflow.cells.hybrid.thresholds import Threshold

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class Crossed:
    """What passed between cells and densities, since the start: an entry for each kind.

    There were `whole` single cells and `dense` others; births, deaths and arrivals changed the
    single ones by `events`, `made` and `used` is what reactions did to densities, `came` what walls
    let in, and `left` what walls and regions took of them. `drawn` whole cells came out of
    densities and `merged` went into them. `fractions` is what densities gave, or were given, beyond
    `drawn` cells: what no density near by could pay.
    """

    whole: Array
    dense: Array
    events: Array
    drawn: Array
    merged: Array
    made: Array
    used: Array
    came: Array
    left: Array
    fractions: Array

    @classmethod
    def none(cls, kinds: int) -> Crossed:
        """Return a tally of zeros."""
        return cls(**{name: np.zeros(kinds) for name in cls.__annotations__})

    def copy(self) -> Crossed:
        """Return an independent copy."""
        return Crossed(**{name: getattr(self, name).copy() for name in self.__annotations__})

    def residuals(self, whole: Array, dense: Array) -> tuple[Array, Array]:
        """Return what is amiss of `whole` cells and of `dense` ones (kinds).

        Of whole cells it is exactly 0, of densities what rounding leaves.
        """
        of_whole = self.whole + self.events + self.drawn - self.merged - whole
        given = self.drawn + self.fractions
        changed = self.made - self.used + self.came - self.left
        return of_whole, self.dense + changed + self.merged - given - dense


@dataclass(kw_only=True, eq=False)
class Densities:
    """The amounts (kinds, mesh cells), in cells, of those kinds that have a threshold.

    They lie where cells are `many` (bool; kinds, mesh cells); whatever comes elsewhere is made
    whole cells at once. Of a kind without a threshold there are single cells alone.
    """

    thresholds: Sequence[Threshold | None]
    mesh: Neighbours
    amounts: Array
    many: Array
    crossed: Crossed

    @classmethod
    def of(cls, thresholds: Sequence[Threshold | None], mesh: Neighbours) -> Densities:
        """Return densities of nothing."""
        shape = (len(thresholds), mesh.volumes.size)
        return cls(
            thresholds=thresholds,
            mesh=mesh,
            amounts=np.zeros(shape),
            many=np.zeros(shape, dtype=bool),
            crossed=Crossed.none(len(thresholds)),
        )

    @property
    def kinds(self) -> list[int]:
        """The kinds that may be densities."""
        return [kind for kind, each in enumerate(self.thresholds) if each is not None]

    def begin(self, kind: int, amounts: Array) -> Array:
        """Take up the start of a kind; return what of it (mesh cells) is left to single cells."""
        threshold = self.thresholds[kind]
        if threshold is None:
            return amounts
        self.many[kind] = threshold.many(amounts, np.ones(amounts.size, dtype=bool))
        self.amounts[kind] = amounts
        return np.where(self.many[kind], 0.0, amounts)

    def begun(self, kind: int, numbers: Array) -> None:
        """Let the start pay for the whole `numbers` of cells (mesh cells) that were put."""
        if self.thresholds[kind] is not None:
            self._pay(kind, numbers)
        none = Crossed.none(len(self.thresholds))
        self.crossed = replace(none, whole=self.crossed.whole, dense=self.amounts.sum(axis=1))
        self.crossed.whole[kind] = numbers.sum()

    def joined(self, kind: int, numbers: Array, counts: Array) -> Array:
        """Take up whole `numbers` that come where there are `counts` of single cells (mesh cells).

        Returns how many stay single: those that come where even with them cells are few.
        """
        threshold = self.thresholds[kind]
        assert threshold is not None
        there = numbers + counts + self.amounts[kind]
        self.many[kind] |= threshold.many(there, self.many[kind])
        joining = np.where(self.many[kind], numbers, 0)
        self.amounts[kind] += joining
        self.crossed.merged[kind] += joining.sum()
        return np.asarray(numbers - joining)

    def leave(self, kind: int, chances: Array, step: int, seed: int) -> int:
        """Let each cell of a density leave with its chance (mesh cells); return how many do.

        They are whole cells: binomial numbers of the whole number next below or above what is in
        each mesh cell, by chance, so that their mean is that of the density.
        """
        amounts, generator = self.amounts[kind], stream(seed, "lymph", (step, kind))
        there = np.floor(amounts)
        there += generator.random(amounts.size) < amounts - there
        numbers = generator.binomial(there.astype(np.int64), chances)
        self._pay(kind, numbers)
        return int(numbers.sum())

    def over_borders(self, kind: int, step: int, seed: int) -> Array:
        """Return how many cells (mesh cells) come of what has spread to where cells are few.

        Cells that go their own ways are Poisson numbers there, which the densities that they come
        from pay.
        """
        spread = np.where(self.many[kind], 0.0, self.amounts[kind])
        numbers = stream(seed, "borders", (step, kind)).poisson(spread)
        self._pay(kind, numbers)
        return numbers

    def switched(self, kind: int, counts: Array, step: int, seed: int) -> tuple[Array, Array]:
        """Switch by the `counts` of single cells (mesh cells); return who comes, and who merges.

        Whole cells come where a density fell below its threshold, see `whole_numbers`. Where
        (bool) cells are many, they merge.
        """
        threshold = self.thresholds[kind]
        assert threshold is not None
        self.many[kind] = threshold.many(counts + self.amounts[kind], self.many[kind])
        merging = np.where(self.many[kind], counts, 0)
        self.amounts[kind] += merging
        self.crossed.merged[kind] += merging.sum()
        falling = np.where(self.many[kind], 0.0, self.amounts[kind])
        numbers = np.zeros(falling.size, dtype=np.int64)
        if falling.any():
            numbers = whole_numbers(falling, stream(seed, "falling", (step, kind)).random())
            self._pay(kind, numbers)
        return numbers, self.many[kind]

    def _pay(self, kind: int, numbers: Array) -> None:
        """Let densities where cells are many pay for whole `numbers` there and elsewhere."""
        many, amounts = self.many[kind], self.amounts[kind]
        debts = np.where(many, numbers, numbers - amounts)
        paid, left = charged(debts, many, self.mesh)
        after = np.where(many, amounts - paid, 0.0)
        # A density cannot pay more than it has.
        left -= float(np.minimum(after, 0.0).sum())
        self.amounts[kind] = np.maximum(after, 0.0)
        self.crossed.drawn[kind] += numbers.sum()
        self.crossed.fractions[kind] -= left


def whole_numbers(amounts: Array, chance: float) -> Array:
    """Return whole numbers next to `amounts`, above or below by a `chance` between 0 and 1.

    The mean of each is its amount, and their sum is next to that of the amounts (systematic
    sampling): the numbers are what a sum of all before them rises by, rounded down.
    """
    base = np.floor(amounts)
    risen = np.floor(np.cumsum(amounts - base) + chance)
    return np.asarray(base + np.diff(risen, prepend=0.0)).astype(np.int64)
