"""How a run of cells begins: of every kind whole numbers, placed by the densities of the study."""

from __future__ import annotations

import numpy as np

from cartflow.cells.asked import Asked
from cartflow.cells.chance.streams import spread, stream
from cartflow.cells.contact.meeting import Tally
from cartflow.cells.hybrid.densities import Densities
from cartflow.cells.hybrid.thresholds import Threshold
from cartflow.cells.layout import Layout, laid
from cartflow.cells.population import Population
from cartflow.cells.run.motion import Motion
from cartflow.cells.run.step import Stepping
from cartflow.cells.run.system import CellSystem
from cartflow.core.outcome import InputError

Array = np.ndarray


def start_of(system: CellSystem, initial: Array, time: float) -> Stepping:
    """Return the start at a `time` (day) from densities `initial` (species, mesh cells).

    Of every kind it holds the nearest whole number, each cell placed by the density. Raises
    `InputError` where these are more than `cells.most`.
    """
    coupled, asked = system.coupled, system.asked
    base = coupled.start(0.0 * initial, time)
    stepping = Stepping(
        system=system,
        cells=Population.none(asked.columns),
        tumour=initial.copy(),
        body=base.body.copy(),
        ledger=base.ledger,
        motion=Motion(
            system=system,
            tally=Tally.none(len(asked.contacts), len(asked.kinds)),
            remains=Population.none(asked.columns),
        ),
        densities=Densities.of(_thresholds(asked), system.mesh),
        rest=system.rest,
    )
    if system.rest is not None:
        system.rest.recall(np.zeros(0))
    _place(stepping, initial)
    stepping.settle()
    crossed = stepping.densities.crossed
    stepping.ledger.infused += system.products(crossed.whole + crossed.dense)
    return stepping


def _place(stepping: Stepping, initial: Array) -> None:
    """Put all single cells of the start where they are."""
    system, asked = stepping.system, stepping.system.asked
    generator = stream(asked.seed, "start", 0)
    for kind, row in enumerate(system.rows):
        layout = asked.layouts[kind] if asked.layouts else None
        if layout is not None:
            _lay(stepping, kind, layout)
            continue
        amounts = stepping.densities.begin(kind, initial[row] * system.coupled.volumes)
        number = int(np.rint(amounts.sum()))
        if number > asked.most:
            msg = f"fields.{asked.kinds[kind]}.initial: {number:.6g} cells are more than "
            raise InputError(msg + f"cells.most = {asked.most}")
        places = np.zeros(0, dtype=np.int64)
        if number:
            places = spread(generator, number, amounts)
            stepping.put(kind, places)
        stepping.densities.begun(kind, np.bincount(places, minlength=amounts.size))


def _lay(stepping: Stepping, kind: int, layout: Layout) -> None:
    """Put the cells of a kind where their layout has them."""
    system, asked = stepping.system, stepping.system.asked
    where = f"fields.{asked.kinds[kind]}.start"
    generator = stream(asked.seed, "start", 1 + kind)
    position, places = laid(layout, system.room, generator, asked.most, where)
    before = stepping.cells.size
    stepping.put(kind, places)
    stepping.cells.position[before:] = position
    numbers = np.bincount(places, minlength=system.coupled.volumes.size)
    stepping.densities.begun(kind, numbers)


def _thresholds(asked: Asked) -> tuple[Threshold | None, ...]:
    """Return the threshold of every kind, none for those that are single cells always."""
    return asked.thresholds or (None,) * len(asked.kinds)
