"""Between what a run knows of its organs and the one state that kinetics are stepped in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Packing:
    """Where cells (compartments, products) and residents (sites, others) stand in a state (size,).

    `others` are the names of what stands at the sites and is no product.
    """

    network: OrganNetwork
    kinetics: OrganKinetics
    products: tuple[str, ...]
    others: tuple[str, ...]

    @cached_property
    def _cell_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the kinetics' state, with the compartment and product that each counts."""
        kinetics, found = self.kinetics, []
        for name in kinetics.products:
            sites = [site.compartment for site in kinetics.sites]
            places = self.network.names if name in kinetics.phenotypes else sites
            for place in places:
                row = kinetics.row(name, place), self.network.index(place)
                found.append((*row, self.products.index(name)))
        rows, places_, products = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return rows, places_, products

    @cached_property
    def _other_rows(self) -> NDArray[np.int64]:
        """Rows (sites, others) of the kinetics' state."""
        kinetics = self.kinetics
        rows = [
            [kinetics.row(name, site.compartment) for name in self.others]
            for site in kinetics.sites
        ]
        return np.array(rows, dtype=np.int64).reshape(len(kinetics.sites), len(self.others))

    def packed(self, cells: Array, residents: Array, carried: Array | None = None) -> Array:
        """Return the state (size,) of cells, residents, and what is `carried` (places,)."""
        state = np.zeros(self.kinetics.size)
        if carried is not None:
            state[self.kinetics.carried_from :] = carried
        rows, places, products = self._cell_rows
        state[rows] = cells[places, products]
        state[self._other_rows] = residents
        return state

    def unpacked(self, state: Array) -> tuple[Array, Array]:
        """Return cells and residents of a state (..., size)."""
        shape = (*state.shape[:-1], len(self.network.compartments), len(self.products))
        cells, (rows, places, products) = np.zeros(shape), self._cell_rows
        cells[..., places, products] = state[..., rows]
        return cells, state[..., self._other_rows]

    def of_all(self, counted: Array) -> Array:
        """Return counts (..., products) of the kinetics' products as counts of all products."""
        result = np.zeros((*counted.shape[:-1], len(self.products)))
        result[..., [self.products.index(name) for name in self.kinetics.products]] = counted
        return result
