"""Traits of cells that come, and of daughters: drawn by the cell's own lots, or her mother's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cartflow.cells.chance.philox import TRAITS, draw, uniform
from cartflow.cells.population import Population
from cartflow.cells.traits.laws import Trait
from cartflow.core.compiling import serial

Array = np.ndarray


def drawn(cells: Population, traits: Sequence[Trait], since: int, seed: int) -> None:
    """Give the cells whose names are `since` or later their traits, in place."""
    for trait in traits:
        rows = np.flatnonzero((cells.name >= since) & (cells.kind == trait.kind))
        if rows.size:
            share = lots(cells.name[rows], trait.column, 0, seed)
            cells.traits[rows, trait.column] = trait.law.quantile(share)


def handed_down(cells: Population, traits: Sequence[Trait], since: int, seed: int) -> None:
    """Let daughters, whose names are `since` or later, differ from mothers, in place."""
    drawn(cells, [trait for trait in traits if not trait.inherited], since, seed)
    for trait in traits:
        if trait.loss > 0.0:
            rows = np.flatnonzero((cells.name >= since) & (cells.kind == trait.kind))
            lost = lots(cells.name[rows], trait.column, 1, seed) < trait.loss
            cells.traits[rows[lost], trait.column] = 0.0


def lots(names: Array, column: int, which: int, seed: int) -> Array:
    """Return a number between 0 and 1 for each of the names, its own for every trait."""
    found = np.empty(names.size)
    _lots(names, column, which, seed, found)
    return found


@serial
def _lots(names, column, which, seed, found):  # type: ignore[no-untyped-def]
    for i in range(names.size):
        a, b, _, _ = draw(seed, names[i], column, TRAITS, which)
        found[i] = uniform(a, b)
