"""Product: what comes out of the bag, by multiplicity of infection and days in culture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import lambertw

from cartflow.closed_forms.quantities import (
    CELLS,
    DAYS,
    NOT_NEGATIVE,
    RATE,
    SHARE,
    SOME_CELLS,
    Bounds,
    Number,
)
from cartflow.core.outcome import InputError

_COPIES = Bounds(least=1.0)


def share_positive(multiplicity: float) -> float:
    """Return the share of cells with a vector at a multiplicity of infection m: 1 - exp(-m).

    Vectors per cell are Poisson with the mean m, that is, all cells are alike.
    """
    return -math.expm1(-NOT_NEGATIVE.read(multiplicity, "multiplicity"))


def copies_per_positive(multiplicity: float) -> float:
    """Return the mean vector copies of a cell that has any: m/(1 - exp(-m)); 1 as m goes to 0."""
    m = NOT_NEGATIVE.read(multiplicity, "multiplicity")
    return m / share_positive(m) if m > 0 else 1.0


def multiplicity_for_share(share: float) -> float:
    """Return the multiplicity at which a `share` (below 1) of cells is positive: -ln(1 - share)."""
    share = SHARE.read(share, "share")
    if share == 1:
        msg = "share: got 1; no multiplicity makes every cell positive"
        raise InputError(msg)
    return -math.log1p(-share)


def multiplicity_for_copies(copies: float) -> float:
    """Return the multiplicity with `copies` (at least 1) a positive cell.

    m = copies + W(-copies exp(-copies)), W Lambert's function; 0 for one copy.
    """
    copies = _COPIES.read(copies, "copies")
    if copies == 1:
        return 0.0
    start = float((copies + lambertw(-copies * math.exp(-copies), 0)).real)
    # Lambert's branches meet at one copy, near which its argument has no digits left.
    return start if copies > 1.01 else _copies_inverted(copies)


def _copies_inverted(copies: float) -> float:
    return float(brentq(lambda m: copies_per_positive(m) - copies, 0.0, 1.0, xtol=1e-15))


@dataclass(frozen=True, kw_only=True)
class Insertions:
    """Random insertions at a multiplicity m, of which a share `hotspot` falls into one place.

    Per cell Poisson with the mean m, into the hotspot m times the share.
    """

    multiplicity: Number = Number(NOT_NEGATIVE)
    hotspot: Number = Number(SHARE)

    @property
    def cell_risk(self) -> float:
        """The chance that a cell of the culture has an insertion in the hotspot."""
        return -math.expm1(-self.multiplicity * self.hotspot)

    @property
    def positive_cell_risk(self) -> float:
        """The same of a cell that has any insertion; `hotspot` as the multiplicity goes to 0."""
        positive = share_positive(self.multiplicity)
        return self.cell_risk / positive if positive > 0 else self.hotspot

    def dose_risk(self, cells: float | str) -> float:
        """Return the chance that at least one of `cells` positive cells is hit; 0 for no cells."""
        number = SOME_CELLS.read(cells, "cells")
        if self.positive_cell_risk == 1:
            return 1.0 if number > 0 else 0.0
        return -math.expm1(number * math.log1p(-self.positive_cell_risk))


@dataclass(frozen=True, kw_only=True)
class TargetedInsertion:
    """Insertion at one site in the share `efficiency`; other sites are cut, each by its chance.

    Cuts elsewhere are independent of each other and of the insertion.
    """

    efficiency: Number = Number(SHARE)
    off_target: Sequence[float] = ()

    def __post_init__(self) -> None:
        cuts = [SHARE.read(v, f"off_target.{i}") for i, v in enumerate(self.off_target)]
        object.__setattr__(self, "off_target", tuple(cuts))

    @property
    def cuts_per_cell(self) -> float:
        """The mean number of cuts elsewhere in a cell."""
        return float(sum(self.off_target))

    @property
    def cut_share(self) -> float:
        """The share of cells that are cut elsewhere: 1 - prod(1 - chance)."""
        return 1.0 - float(np.prod([1.0 - chance for chance in self.off_target]))

    @property
    def clean_share(self) -> float:
        """The share of cells with the insertion and no cut elsewhere."""
        return self.efficiency * (1.0 - self.cut_share)


@dataclass(frozen=True, kw_only=True)
class Culture:
    """Logistic expansion of `seeded` cells, and the shares left by harvest and thaw.

    N(t) = K/(1 + (K/N0 - 1) exp(-r t)), capacity K above the cells seeded. Numbers are in cells
    and days, or text with a unit.
    """

    seeded: Number = Number(CELLS)
    capacity: Number = Number(CELLS)
    growth_rate: Number = Number(RATE)
    harvest: Number = Number(SHARE, 1.0)
    thaw: Number = Number(SHARE, 1.0)

    def __post_init__(self) -> None:
        if self.capacity <= self.seeded:
            msg = f"capacity: got {self.capacity:g}; allowed: above the {self.seeded:g} seeded"
            raise InputError(msg)

    def cells(self, time: float | str) -> float:
        """Return the cells in culture after `time` (days), before any loss."""
        days = DAYS.read(time, "time")
        few = (self.capacity / self.seeded - 1.0) * math.exp(-self.growth_rate * days)
        return self.capacity / (1.0 + few)

    def dose(self, multiplicity: float, time: float | str) -> float:
        """Return the positive cells that are infused: N(t) (1 - exp(-m)) harvest thaw."""
        return self.cells(time) * self.harvest * self.thaw * share_positive(multiplicity)

    def time_for(self, multiplicity: float, dose: float | str) -> float:
        """Return the days that give `dose` positive cells: 0 if there are as many at once.

        Infinite where even a full culture does not.
        """
        left = self.harvest * self.thaw * share_positive(multiplicity)
        wanted = SOME_CELLS.read(dose, "dose")
        if wanted <= left * self.seeded:
            return 0.0
        if wanted >= left * self.capacity:
            return math.inf
        needed = wanted / left
        odds = (self.capacity / self.seeded - 1.0) / (self.capacity / needed - 1.0)
        return math.log(odds) / self.growth_rate

    def multiplicity_for(self, time: float | str, dose: float | str) -> float:
        """Return the multiplicity that gives `dose` after `time`; infinite if none does."""
        share = SOME_CELLS.read(dose, "dose") / (
            self.cells(time) * self.harvest * self.thaw or math.nan
        )
        return multiplicity_for_share(share) if share < 1 else math.inf


def doses(cells: float | str, shares: Mapping[str, float]) -> list[dict[str, str]]:
    """Return the tables `[[doses]]` of a study, one a phenotype: the product of `cells` split.

    `shares` by phenotype must sum to 1 (to 1e-9); phenotypes without cells get no dose.
    """
    number = CELLS.read(cells, "cells")
    parts = {name: SHARE.read(value, f"shares.{name}") for name, value in shares.items()}
    if abs(sum(parts.values()) - 1.0) > 1e-9:
        msg = f"shares: they sum to {sum(parts.values()):g}; allowed: 1"
        raise InputError(msg)
    return [
        {"cells": f"{share * number:.12g} cells", "phenotype": name}
        for name, share in parts.items()
        if share > 0
    ]
