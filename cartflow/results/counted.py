"""What a saved state's tumour comes to in a few numbers, counted while its fields are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.geometries.geometry import Geometry

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Product cells (products,), amounts of all species (species,), and depths in mm.

    `depths` (products + 1,) are the penetration depths of every product and of all together.
    """

    products: Array
    amounts: Array
    depths: Array


class Shelved(State):
    """A saved state whose fields are no longer in memory; what was counted of them is."""

    counted: Counted

    def __init__(self, state: State, counted: Counted) -> None:
        for name in ("time", "body", "ledger", "residents"):
            object.__setattr__(self, name, getattr(state, name))
        object.__setattr__(self, "counted", counted)

    @property
    def tumour(self) -> Array:
        """Never there: raise `AttributeError`."""
        msg = f"the fields at {self.time} day are not in memory"
        raise AttributeError(msg)


def counted(state: State, simulation: Simulation) -> Counted:
    """Return what the tumour of `state` comes to."""
    if isinstance(state, Shelved):
        return state.counted
    problem = simulation.coupled.engine.problem
    geometry = problem.geometry
    cells = state.tumour[problem.network.is_product] * geometry.cell_volumes
    order = _by_depth(geometry)
    depths = [_depth_of_share(each, geometry.depth, order) for each in (*cells, cells.sum(axis=0))]
    return Counted(
        products=simulation.coupled.in_tumour(state.tumour),
        amounts=problem.totals(state.tumour),
        depths=np.array(depths),
    )


def penetration_depth(cells: Array, depth: Array, share: float = 0.95) -> float:
    """Return the depth below the rim above which `share` of the cells stay, mm; nan for none.

    Half of the cells of a mesh cell stand above its centre; between centres it interpolates.
    """
    return _depth_of_share(cells, depth, np.argsort(depth, kind="stable"), share)


def _depth_of_share(cells: Array, depth: Array, order: Array, share: float = 0.95) -> float:
    total = cells.sum()
    if not total > 0:
        return float("nan")
    above = np.cumsum(cells[order]) - 0.5 * cells[order]
    return float(np.interp(share * total, above, depth[order]))


@lru_cache(maxsize=1)
def _by_depth(geometry: Geometry) -> Array:
    return np.argsort(geometry.depth, kind="stable")
