"""Contacts of a population in a step: who is killed, who is held, and how often."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.contact.kernels import hunt
from cartflow.cells.contact.terms import Terms
from cartflow.cells.crowding.bins import bins_of
from cartflow.cells.population import Population

Array = np.ndarray
_CHANGED = ("kind", "traits", "met", "mate", "clock")


@dataclass(kw_only=True, eq=False)
class Tally:
    """What contacts came to: by contact `attached`, `killed`, `let_go` and `bystanders`.

    `dead` (kinds) are all that were killed, `turned` (kinds, kinds) who became what.
    """

    attached: Array
    killed: Array
    let_go: Array
    bystanders: Array
    dead: Array
    turned: Array

    @classmethod
    def none(cls, contacts: int, kinds: int) -> Tally:
        """Return a tally of nothing."""
        of_contacts = [np.zeros(contacts, dtype=np.int64) for _ in range(4)]
        return cls(
            attached=of_contacts[0],
            killed=of_contacts[1],
            let_go=of_contacts[2],
            bystanders=of_contacts[3],
            dead=np.zeros(kinds, dtype=np.int64),
            turned=np.zeros((kinds, kinds), dtype=np.int64),
        )

    def copy(self) -> Tally:
        """Return an independent copy."""
        return Tally(**{name: getattr(self, name).copy() for name in self.__annotations__})


def met(
    cells: Population, terms: Terms, tally: Tally, moving: Array, days: float, step: int, seed: int
) -> tuple[Population, Array]:
    """Return the cells after `days` of contacts, and who of them is dead; add to the `tally`.

    Who is dead is among them still.
    """
    if not cells.size:
        return cells, np.zeros(0, dtype=bool)
    copied = {name: getattr(cells, name).copy() for name in _CHANGED}
    new = replace(cells, **copied)
    dead, held = np.zeros(cells.size, dtype=bool), np.zeros(cells.size, dtype=bool)
    changed = (getattr(new, name) for name in _CHANGED[1:])
    bins = bins_of(cells.position, terms.farthest, moving)
    hunt(
        (new.position, new.kind, new.name, *changed, dead, held),
        (terms.numbers, terms.between),
        (bins.low, bins.size, bins.shape, bins.start, bins.order, moving),
        days,
        step,
        seed,
        (tally.attached, tally.killed, tally.let_go, tally.bystanders, tally.turned),
    )
    tally.dead += np.bincount(new.kind[dead], minlength=tally.dead.size)
    return new, dead
