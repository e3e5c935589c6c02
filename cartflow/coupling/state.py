"""The state of a run: what is where in body and tumour, and what has been counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cartflow.coupling.ledger import Ledger

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Time in days, cells in the body (compartments, products), tumour (species, mesh cells).

    `residents` (sites, others) are the amounts of what else stands where kinetics act in organs,
    `carried` (places,) those of what circulates beside cells, by its compartments. Of a tumour that
    grows `expansion` is its volume over that at the start, which densities are counted in.
    """

    time: float
    body: Array
    tumour: Array
    ledger: Ledger
    residents: Array = field(default_factory=lambda: np.zeros((0, 0)))
    expansion: float = 1.0
    carried: Array = field(default_factory=lambda: np.zeros(0))
