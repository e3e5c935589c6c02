"""The cells of a saved time: some of them, the same ones every time while they live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.chance.philox import SAVING, draw
from cartflow.cells.population import Population
from cartflow.core.compiling import serial

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """Cells at a `time` (day): `position` (n, 3), `kind` and `name`; `living` counts them all."""

    time: float
    position: Array
    kind: Array
    name: Array
    living: int


@serial
def _lots(names, seed, lots):  # type: ignore[no-untyped-def]
    for i in range(names.size):
        lots[i] = draw(seed, names[i], 0, SAVING, 0)[0]


def snapshot(population: Population, time: float, most: int, seed: int) -> Snapshot:
    """Return at most `most` cells, by lots that each has for life."""
    kept = np.arange(population.size)
    if population.size > most:
        lots = np.empty(population.size, dtype=np.uint64)
        _lots(population.name, seed, lots)
        kept = np.sort(np.argsort(lots, kind="stable")[:most])
    return Snapshot(
        time=time,
        position=population.position[kept],
        kind=population.kind[kept],
        name=population.name[kept],
        living=population.size,
    )
