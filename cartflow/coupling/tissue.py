"""One tumour's tissue as a step in turns has it, and what a step of it enters in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.coupling.door import Door
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.draining import Draining
from cartflow.coupling.ledger import Ledger
from cartflow.pde.engine import Account, Engine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Tissue:
    """A tumour's `engine`, its `door`, what is infused into it, and where it stands in a body.

    `rows` are the places of its products among those of all; what leaves it reaches compartment
    `node`. In the ledger it is the `place`-th tumour, and its crossings begin at `crossed`. `name`
    is empty where there is no other.
    """

    engine: Engine
    door: Door
    dosing: Dosing
    rows: Array
    node: int
    place: int = 0
    crossed: int = 0
    name: str = ""

    @cached_property
    def products(self) -> Array:
        """The rows of its products among the problem's species."""
        return np.flatnonzero(self.engine.problem.network.is_product)

    @cached_property
    def volumes(self) -> Array:
        """The volumes of the mesh cells, mm^3."""
        return self.engine.problem.geometry.cell_volumes

    @cached_property
    def draining(self) -> Draining:
        """The way of products through it, where no region follows fields."""
        return Draining(
            problem=self.engine.problem,
            products=self.products,
            arrival=self.door.arrival,
            injection=self.dosing.injection,
            egress=self.engine.problem.egress,
        )

    def named(self, field: str) -> str:
        """Return a field's name with that of its tumour, if there are several."""
        return f"{field} in {self.name}" if field and self.name else field

    def enter(self, account: Account, ledger: Ledger) -> None:
        """Enter a step of it in the ledger."""
        p, rows = self.products, self.rows
        ledger.born[rows] += account.born[p]
        ledger.died[rows] += account.died[p] + account.left[p]
        ledger.converted[rows] += account.converted[p]
        ledger.infused[rows] += account.supplied[p]
        ledger.egress[self.place * ledger.born.size + rows] += account.egress[p]
        passed = slice(self.crossed, self.crossed + account.came.size)
        ledger.came[passed] += account.came
        ledger.went[passed] += account.went
