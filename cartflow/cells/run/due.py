"""Which acts are divisions that come due by a clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cartflow.cells.births.acts import Acts
from cartflow.cells.births.clocks import Clock
from cartflow.core.outcome import InputError

Array = np.ndarray


def clocks_of(
    clocks: Sequence[Clock], acts: Acts, order: Array, names: Sequence[str]
) -> tuple[tuple[Clock, int, int], ...]:
    """Return the clocks, the place of each one's division, and how many daughters it has.

    Places are those in the `order` of choices, `names` those of reactions. Raises `InputError` for
    a reaction that no cell does.
    """
    of_cells = [act for act in acts.acts if act.actor >= 0]
    found = []
    for clock in clocks:
        for place, number in enumerate(order):
            if number < len(of_cells) and not of_cells[number].reverse:
                act = of_cells[number]
                if names[act.reaction] == clock.reaction and act.actor == clock.trait.kind:
                    found.append((clock, place, len(act.outcome) - 1))
                    break
        else:
            msg = f"cells.clocks: '{clock.reaction}' is not what a cell does, but comes of none"
            raise InputError(msg)
    return tuple(found)
