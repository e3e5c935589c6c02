"""Counting cells: zeros in sequencing, clones to be seen, and what a negative cell is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc, log1p

from cartflow.closed_forms.quantities import NOT_NEGATIVE, SHARE, Bounds, Number
from cartflow.core.arguments import whole_number
from cartflow.core.outcome import InputError

Array = np.ndarray

_MOST_CELLS = 10**15
_SHAPE = Bounds(least=0.0, open=True, infinite=True)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Molecules of one gene in a kind of cell, of which a share `capture` is counted.

    A cell has Poisson molecules; its own mean is gamma-distributed between cells with the mean
    `mean` and the shape `shape` (infinite: the same in all). Counts are thinned: Poisson with
    capture times the cell's mean. The variance over cells is p m + (p m)^2/shape.
    """

    mean: Number = Number(NOT_NEGATIVE)
    capture: Number = Number(SHARE)
    shape: Number = Number(_SHAPE, math.inf)

    @property
    def counts(self) -> float:
        """The mean count of a cell, capture times mean."""
        return self.capture * self.mean

    @property
    def variance(self) -> float:
        """The variance of counts over cells."""
        return self.counts + self.counts**2 / self.shape

    @property
    def zeros(self) -> float:
        """The share of cells counted as 0: (1 + p m/k)^(-k), exp(-p m) where all cells are alike.

        Cells without the gene are not among them: many zeros are no proof of such cells.
        """
        if math.isinf(self.shape):
            return math.exp(-self.counts)
        return float(np.exp(-self.shape * log1p(self.counts / self.shape)))

    def zeros_with(self, negative: float) -> float:
        """Return the share of zeros if a share `negative` of cells has no such molecule at all."""
        share = SHARE.read(negative, "negative")
        return share + (1.0 - share) * self.zeros

    def negative(self, observed: float) -> float:
        """Return the share of cells without the gene that an `observed` share of zeros means.

        (observed - z)/(1 - z) with z the zeros of cells that have it. Raises `InputError` where
        fewer zeros are observed than chance leaves, or where chance leaves nothing else.
        """
        share = SHARE.read(observed, "observed")
        if share < self.zeros:
            msg = (
                f"observed: got {share:g}; counting alone leaves {self.zeros:.4g} of zeros: "
                "mean, capture or shape are not those of these cells"
            )
            raise InputError(msg)
        if self.zeros == 1:
            msg = "observed: nothing is counted in any cell, so that zeros say nothing"
            raise InputError(msg)
        return (share - self.zeros) / (1.0 - self.zeros)


def cells_to_see(share: float, *, chance: float = 0.95, at_least: int = 1) -> int:
    """Return how many cells to sort to see a clone of a `share` `at_least` so often.

    The least n with P(Binomial(n, share) >= at_least) >= chance; for one cell
    ln(1 - chance)/ln(1 - share), rounded up. Raises `InputError` for a clone of share 0, which
    no number shows, and a chance of 1, which no number gives.
    """
    share = SHARE.read(share, "share")
    chance = SHARE.read(chance, "chance")
    times = whole_number(at_least, "at_least", 1, 10**6)
    if share == 0:
        raise InputError("share: got 0; no number of cells shows a clone that is not there")
    if share == 1 or chance == 0:
        return times
    if chance == 1:
        raise InputError("chance: got 1; no number of cells is enough; allowed: below 1")
    return _least(lambda n: _seen(n, share, times) >= chance, times)


def clone_seen(share: float, cells: int, *, at_least: int = 1) -> float:
    """Return the chance to see a clone of a `share` `at_least` so often among `cells`."""
    share = SHARE.read(share, "share")
    number = whole_number(cells, "cells", 0, _MOST_CELLS)
    return _seen(number, share, whole_number(at_least, "at_least", 1, 10**6))


def share_excluded(cells: int, *, chance: float = 0.95) -> float:
    """Return the largest share of a clone of which none was seen among `cells`, by that chance.

    1 - (1 - chance)^(1/n), 3/n for 95 %; 1 without any cells.
    """
    number = whole_number(cells, "cells", 0, _MOST_CELLS)
    chance = SHARE.read(chance, "chance")
    if number == 0 or chance == 1:
        return 1.0
    return -math.expm1(math.log1p(-chance) / number)


def _seen(cells: int, share: float, times: int) -> float:
    if cells < times:
        return 0.0
    if times == 1:
        return 1.0 if share == 1 else -math.expm1(cells * math.log1p(-share))
    return float(bdtrc(times - 1, cells, share))


def _least(holds: Callable[[int], bool], low: int) -> int:
    """Return the least whole number from `low` on for which `holds`, which stays true."""
    high = low
    while not holds(high):
        low, high = high, 2 * high
        if high > _MOST_CELLS:
            msg = f"share: more than {_MOST_CELLS:g} cells are needed"
            raise InputError(msg)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return low if holds(low) else high
