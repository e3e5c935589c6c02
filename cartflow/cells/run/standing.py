"""Where a run of cells stands between two steps, from which it can go on to the bit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.contact.meeting import Tally
from cartflow.cells.hybrid.densities import Crossed
from cartflow.cells.population import Population
from cartflow.cells.run.step import Stepping
from cartflow.coupling.ledger import Ledger

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Leg:
    """Equal steps from the time `start` (day) to the next event, of which `steps` are taken."""

    start: float
    steps: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """What stands at a `time` (day), after so many `steps` and `parts` of steps.

    `given` are the numbers of the doses that were given, and `memory` is what the engine of the
    fields goes by. Random numbers need nothing kept: they count cells, steps and the seed.
    """

    time: float
    leg: Leg
    given: tuple[int, ...]
    steps: int
    parts: int
    cells: Population
    tumour: Array
    body: Array
    ledger: Ledger
    tally: Tally
    amounts: Array
    many: Array
    crossed: Crossed
    memory: Array
    remains: Population


def standing(stepping: Stepping, time: float, leg: Leg, given: set[int]) -> Standing:
    """Return where a run stands; what it does next leaves that alone."""
    densities, rest = stepping.densities, stepping.rest
    return Standing(
        time=time,
        leg=leg,
        given=tuple(sorted(given)),
        steps=stepping.number,
        parts=stepping.motion.part,
        # Cells are made anew by every step, and never changed.
        cells=stepping.cells,
        tumour=stepping.tumour.copy(),
        body=stepping.body.copy(),
        ledger=stepping.ledger.copy(),
        tally=stepping.motion.tally.copy(),
        amounts=densities.amounts.copy(),
        many=densities.many.copy(),
        crossed=densities.crossed.copy(),
        memory=np.zeros(0) if rest is None else rest.memory().copy(),
        remains=stepping.motion.remains,
    )


def stand(stepping: Stepping, at: Standing) -> None:
    """Let `stepping` stand where a run stood."""
    stepping.number, stepping.motion.part = at.steps, at.parts
    stepping.cells, stepping.tumour, stepping.body = at.cells, at.tumour.copy(), at.body.copy()
    stepping.ledger, stepping.motion.tally = at.ledger.copy(), at.tally.copy()
    stepping.densities = replace(
        stepping.densities,
        amounts=at.amounts.copy(),
        many=at.many.copy(),
        crossed=at.crossed.copy(),
    )
    stepping.motion.remains = at.remains
    if stepping.rest is not None:
        stepping.rest.recall(at.memory)
