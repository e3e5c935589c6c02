"""What makes the chances of one cell others than those of its mesh cell: traits, and crowding."""

from __future__ import annotations

import numpy as np

from cartflow.cells.births.happen import Weights
from cartflow.cells.population import Population
from cartflow.cells.run.motion import Motion
from cartflow.cells.run.system import CellSystem
from cartflow.cells.traits.laws import Effect

Array = np.ndarray


def weights_of(system: CellSystem, motion: Motion, cells: Population, order: Array) -> Weights:
    """Return what the acts of each cell are weighted by, the acts in the `order` of choices.

    A division of a cell that too many others overlap has the weight 0.
    """
    asked = system.asked
    names = system.problem.network.reaction_names
    of_cells = [act for act in system.acts.acts if act.actor >= 0]
    found: list[Array] = []
    ways: list[tuple[tuple[Effect, ...], int]] = []
    column = np.full(order.size, -1, dtype=np.int64)
    roomy: Array | None = None
    for place, number in enumerate(order):
        if number >= len(of_cells):
            continue
        act = of_cells[number]
        effects = tuple(e for e in asked.effects if e.reaction == names[act.reaction])
        body = asked.bodies[act.actor] if asked.bodies else None
        limit = body.most_touching if body is not None and len(act.outcome) > 1 else 2**31 - 1
        if not effects and limit == 2**31 - 1:
            continue
        if (effects, limit) not in ways:
            weight = np.ones(cells.size, dtype=np.float32)
            for effect in effects:
                weight *= effect.ramp(cells.traits[:, effect.column])
            if limit < 2**31 - 1:
                roomy = motion.touching(cells) if roomy is None else roomy
                weight[roomy >= limit] = 0.0
            ways.append((effects, limit))
            found.append(weight)
        column[place] = ways.index((effects, limit))
    if not found:
        return Weights.none(order.size)
    return Weights(of_cells=np.stack(found, axis=1), column=column)
