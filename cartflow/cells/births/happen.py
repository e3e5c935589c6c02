"""What happens to a population in a step: births, deaths, conversions, and what leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.births.kernels import MOST, copy, count
from cartflow.cells.population import ALONE, Population, renamed
from cartflow.core.outcome import StepFailed
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """What the chances of acts are multiplied by for each cell: `of_cells` (cells, columns).

    `column` (acts) says which of them is an act's, -1 for none.
    """

    of_cells: Array
    column: Array

    @classmethod
    def none(cls, acts: int) -> Weights:
        """Return weights that are 1."""
        return cls(of_cells=np.ones((1, 1), np.float32), column=np.full(acts, -1, np.int64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Choices:
    """Acts in the order of their actors: those of kind k are `begin[k]` to `begin[k + 1]`.

    A cell becomes the first `out[act]` of `outcome[act]`.
    """

    begin: Array
    outcome: Array
    out: Array


def choices(
    actors: list[int], outcomes: list[tuple[int, ...]], kinds: int
) -> tuple[Choices, Array]:
    """Return acts sorted by actor, and in which order they came."""
    order = np.argsort(np.array(actors, dtype=np.int64), kind="stable")
    width = max((len(o) for o in outcomes), default=0) or 1
    outcome = np.zeros((len(actors), width), dtype=np.int64)
    for row, act in enumerate(order):
        outcome[row, : len(outcomes[act])] = outcomes[act]
    begin = np.searchsorted(np.array(actors, dtype=np.int64)[order], np.arange(kinds + 1))
    out = np.array([len(outcomes[act]) for act in order], dtype=np.int64)
    return Choices(begin=begin.astype(np.int64), outcome=outcome, out=out), order


def happened(
    population: Population,
    acts: Choices,
    chances: Array,
    dt: float,
    step: int,
    seed: int,
    most: int,
    weights: Weights | None = None,
    halves: int = -1,
) -> tuple[Population, Array, Array]:
    """Return the cells after `dt` days, how often each act happened, and which ended each cell.

    That act is -1 where some are left. `chances` (acts, mesh cells) are per cell and day, times the
    `weights` of the cells; to those that come of a division half of their volume is missing in the
    column `halves`, if it is one.
    Raises `StepFailed` where more than `most` cells would live.
    """
    size = population.size
    if not acts.out.size or not size:
        return population, np.zeros(acts.out.size, dtype=np.int64), np.full(size, -1)
    left = np.empty(size, dtype=np.int64)
    rates = np.ascontiguousarray(chances)
    weights = weights or Weights.none(acts.out.size)
    scales = (weights.of_cells, weights.column)
    where = (rates, acts.begin, acts.outcome, acts.out, *scales, dt, step, seed)
    cells = (population.kind, population.place, population.name)

    def counted(first: int, last: int) -> tuple[bool, Array]:
        counts = np.zeros(acts.out.size, dtype=np.int64)
        return count(first, last, *cells, *where, left, counts), counts

    parts = in_parts(counted, size, size)
    if not all(good for good, _ in parts):
        raise StepFailed("cells", f"more than {MOST} cells come of one within a step of {dt:g} day")
    counts = np.sum([each for _, each in parts], axis=0)
    if not counts.any():
        return population, counts, np.full(size, -1)
    numbers = np.where(left < 0, -1 - left, left)
    total = int(numbers.sum())
    if total > most:
        raise StepFailed("cells", f"{total} cells are more than cells.most = {most}")
    extra = np.maximum(numbers - 1, 0)
    to, born = np.cumsum(numbers) - numbers, np.cumsum(extra) - extra
    new = Population.fresh(total, population.traits.shape[1])
    mother, ended = np.empty(total, dtype=np.int64), np.empty(size, dtype=np.int64)
    old = (population.position, population.heading, *cells)
    fresh = (new.position, new.heading, new.kind, new.place, new.name)

    def copied(first: int, last: int) -> None:
        copy(first, last, *old, *where, left, to, born, population.unborn, *fresh, mother, ended)

    in_parts(copied, size, size)
    now = np.where(numbers > 0, to, ALONE)
    return inherited(population, new, mother, now, halves), counts, ended


def inherited(
    old: Population, new: Population, mother: Array, now: Array, halves: int = -1
) -> Population:
    """Return the `new` cells with what each has of its `mother`, a row among the `old`.

    Of a mother's cells the first, in the row `now`, holds on to whom she held. Where there are
    several, each lacks half of a volume in the column `halves`.
    """
    traits = old.traits[mother]
    if halves >= 0:
        traits[np.bincount(mother, minlength=old.size)[mother] > 1, halves] = 0.5
    mate = np.where(now[mother] == np.arange(new.size), old.mate[mother], ALONE)
    return replace(
        new,
        founder=old.founder[mother],
        traits=traits,
        met=old.met[mother],
        mate=renamed(mate, now),
        clock=np.where(mate >= 0, old.clock[mother], np.minimum(old.clock[mother], 0)),
        unborn=old.unborn + int(new.size - (now >= 0).sum()),
    )
