"""Divisions that come due: not by chance, but when what a cell still waits for is over."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.births.happen import inherited
from cartflow.cells.population import Population
from cartflow.cells.traits.drawn import lots
from cartflow.cells.traits.laws import Trait
from cartflow.core.outcome import StepFailed

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock:
    """The `reaction` divides a cell once its chance, added up, has come to the cell's `trait`.

    The trait is what is left of it. At a division the mother's begins anew as it was drawn for her,
    the daughters draw their own. While a cell is held by another its clock stands still. If
    `waited` is a column of the cell's numbers, that holds the days since its last division at a
    chance above 0, and the cell divides once these, times the chance of the moment, come to the
    trait.
    """

    reaction: str
    trait: Trait
    waited: int = -1


def struck(
    cells: Population, clock: Clock, chance: Array, daughters: int, dt: float, seed: int, most: int,
    halves: int = -1,
) -> tuple[Population, int]:  # fmt: skip
    """Return the cells after `dt` days at the `chance` of each per day, and how many divided.

    Each that does has so many `daughters` beside it, last among the cells, and half of their volume
    is missing in the column `halves`. Raises `StepFailed` where more than `most` would live.
    """
    ticks = cells.kind == clock.trait.kind
    ticks[cells.mate[cells.mate >= 0]] = False
    traits = cells.traits.copy()
    if clock.waited < 0:
        rows = _added_up(cells.name, traits, clock, ticks, chance, dt, seed)
    else:
        rows = _waited(traits, clock, ticks & (chance > 0.0), chance, dt)
    cells = replace(cells, traits=traits)
    if cells.size + daughters * rows.size > most:
        msg = f"{cells.size + daughters * rows.size} cells are more than cells.most = {most}"
        raise StepFailed("cells", msg)
    return _with_daughters(cells, np.repeat(rows, daughters), halves), rows.size


def _added_up(
    name: Array, traits: Array, clock: Clock, ticks: Array, chance: Array, dt: float, seed: int
) -> Array:
    """Return the rows whose chances, added up, come to the trait, which begins anew in `traits`."""
    column = clock.trait.column
    traits[ticks, column] -= chance[ticks] * dt
    rows = np.flatnonzero(ticks & (traits[:, column] <= 0.0))
    traits[rows, column] = clock.trait.law.quantile(lots(name[rows], column, 0, seed))
    return rows


def _waited(traits: Array, clock: Clock, ticks: Array, chance: Array, dt: float) -> Array:
    """Return the rows whose days times the chance now come to the trait; those days are 0 again."""
    traits[ticks, clock.waited] += dt
    passed = traits[:, clock.waited] * chance >= traits[:, clock.trait.column]
    rows = np.flatnonzero(ticks & passed)
    traits[rows, clock.waited] = 0.0
    return rows


def _with_daughters(cells: Population, mothers: Array, halves: int) -> Population:
    if not mothers.size:
        return cells
    mother = np.concatenate([np.arange(cells.size), mothers])
    names = np.arange(cells.unborn, cells.unborn + mothers.size, dtype=np.uint64)
    new = replace(
        Population.fresh(mother.size, cells.traits.shape[1]),
        position=cells.position[mother],
        heading=cells.heading[mother],
        kind=cells.kind[mother],
        place=cells.place[mother],
        name=np.concatenate([cells.name, names]),
    )
    return inherited(cells, new, mother, np.arange(cells.size), halves)
