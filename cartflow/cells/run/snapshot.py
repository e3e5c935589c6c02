"""The cells of a saved time: some of them, the same ones every time while they live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.chance.philox import SAVING, draw
from cartflow.cells.contact.meeting import Tally
from cartflow.cells.hybrid.densities import Crossed
from cartflow.cells.population import Population
from cartflow.core.compiling import serial

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """Cells at a `time` (day): `living` counts them all, `cells` are those that are kept.

    `contacts` (4, contacts) are how often cells attached, killed, let go, and killed others beside
    the one they held, since the start. `steepest` is the largest drift over what diffusion passes
    (see `Flows`), for cells that hop. Of each kind there are `whole` cells and, where any may be a
    density, `dense` ones; `crossed` is what passed between them. `remains` (kinds) are the killed
    ones that are still there.
    """

    time: float
    cells: Population
    living: int
    contacts: Array
    steepest: float = 0.0
    whole: Array | None = None
    dense: Array | None = None
    crossed: Crossed | None = None
    remains: Array | None = None


@serial
def _lots(names, seed, lots):  # type: ignore[no-untyped-def]
    for i in range(names.size):
        lots[i] = draw(seed, names[i], 0, SAVING, 0)[0]


def snapshot(population: Population, time: float, most: int, seed: int, tally: Tally) -> Snapshot:
    """Return at most `most` cells, by lots that each has for life."""
    cells = population
    if population.size > most:
        lots = np.empty(population.size, dtype=np.uint64)
        _lots(population.name, seed, lots)
        left = np.ones(population.size, dtype=bool)
        left[np.argsort(lots, kind="stable")[:most]] = False
        cells = population.without(left)
    contacts = (tally.attached, tally.killed, tally.let_go, tally.bystanders)
    return Snapshot(time=time, cells=cells, living=population.size, contacts=np.array(contacts))
