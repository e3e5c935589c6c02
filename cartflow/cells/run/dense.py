"""Kinds of cells that are densities where they are many, as rows of a state below the fields."""

from __future__ import annotations

import numpy as np

from cartflow.cells.hybrid.densities import Densities
from cartflow.cells.hybrid.equations import HARDLY_ANY
from cartflow.cells.run.system import CellSystem
from cartflow.pde.engine import Account

Array = np.ndarray


def with_densities(system: CellSystem, densities: Densities, tumour: Array) -> Array:
    """Return the state of the fields, and below it the rows of kinds that are densities."""
    kinds = densities.kinds
    if not kinds:
        return tumour
    state, rows = tumour.copy(), system.rows[kinds]
    # Rates are divided by it: without cells they are 0, not nothing.
    state[rows] = np.maximum(state[rows], HARDLY_ANY)
    return np.vstack([state, densities.amounts[kinds] / system.problem.geometry.cell_volumes])


def count(densities: Densities, account: Account) -> None:
    """Count what a step of the fields made, used and took of densities, which come last."""
    kinds, crossed = densities.kinds, densities.crossed
    if kinds:
        crossed.made[kinds] += account.made[-len(kinds) :]
        crossed.used[kinds] += account.used[-len(kinds) :]
        crossed.left[kinds] += account.left[-len(kinds) :]
