"""What single cells do in a step: divisions that come due, then all that happens by chance."""

from __future__ import annotations

import numpy as np

from cartflow.cells.births.clocks import struck
from cartflow.cells.births.happen import Weights, happened
from cartflow.cells.crowding.lattice import happened_in_sites
from cartflow.cells.population import Population
from cartflow.cells.room.grid import Grid
from cartflow.cells.run.motion import Motion
from cartflow.cells.run.system import CellSystem
from cartflow.cells.run.weights import weights_of

Array = np.ndarray


def events(
    system: CellSystem, motion: Motion, cells: Population, chances: Array, dt: float, number: int
) -> tuple[Population, Array, Population]:
    """Return the cells after `dt` days, how often each act happened, and who died by a reaction.

    `chances` (acts, mesh cells) are per cell and day, in the order of the choices. Where nobody
    remains it is not said who died.
    """
    asked, (acts, order) = system.asked, system.choices
    weights = weights_of(system, motion, cells, order)
    room = asked.room
    if room.crowding == "lattice":
        assert isinstance(system.room, Grid)
        cells, counts = happened_in_sites(
            cells, system.room, acts, chances, room.per_site, dt, number, asked.seed, asked.most,
            weights,
        )  # fmt: skip
        return cells, counts, Population.none(asked.columns)
    cells, divided = _due(system, cells, chances, weights, dt)
    if divided.any():
        weights = weights_of(system, motion, cells, order)
    due = [place for _, place, _ in system.clocks]
    chances[due] = 0.0
    left, counts, ended = happened(
        cells, acts, chances, dt, number, asked.seed, asked.most, weights, asked.missing
    )
    if not asked.stay.any():
        return left, counts + divided, Population.none(asked.columns)
    # Ways to leave come after the acts of reactions.
    acting = sum(act.actor >= 0 for act in system.acts.acts)
    died = ended >= 0
    died[died] = order[ended[died]] < acting
    return left, counts + divided, cells.without(~died)


def _due(
    system: CellSystem, cells: Population, chances: Array, weights: Weights, dt: float
) -> tuple[Population, Array]:
    """Let cells divide whose clocks have run down; return how often each act happened."""
    asked, counts = system.asked, np.zeros(len(chances), dtype=np.int64)
    for clock, place, daughters in system.clocks:
        chance = chances[place, cells.place]
        if weights.column[place] >= 0:
            of_old = weights.of_cells[:, weights.column[place]]
            chance = chance * np.append(of_old, np.zeros(cells.size - of_old.size))
        cells, counts[place] = struck(
            cells, clock, chance, daughters, dt, asked.seed, asked.most, asked.missing
        )
    return cells, counts
