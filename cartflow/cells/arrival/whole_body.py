"""The body in whole cells: every cell goes its own way, by the chances of the organ network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.cells.chance.streams import stream
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.stepper import NetworkStepper

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class WholeBody:
    """Steps whole cells (compartments, products) through an organ network.

    A cell of compartment j is in i after dt days with the chance exp(M dt)[i, j], M the rates:
    multinomial numbers, exact however long the step, with the network's own course as their mean.
    What was infused all through the step comes at a time drawn evenly.
    """

    network: OrganNetwork
    seed: int

    def step(self, cells: Array, infused: Array, dt: float, number: int) -> Array:
        """Return the cells after `dt` days, with those `infused` (compartments, products) in it."""
        propagator, collected = self._stepper.matrices(dt)
        generator = stream(self.seed, "body", number)
        new = np.zeros_like(cells)
        for standing, chances in ((cells, propagator), (infused, collected / dt)):
            for p in range(cells.shape[1]):
                if standing[:, p].any():
                    counts = np.rint(standing[:, p]).astype(np.int64)
                    new[:, p] += generator.multinomial(counts, _to_one(chances.T)).sum(axis=0)
        return new

    def taken(self, cells: Array, name: str) -> Array:
        """Return what the network has gathered in a compartment (products,), and empty it."""
        place = self.network.index(name)
        found = cells[place].copy()
        cells[place] = 0.0
        return found

    @cached_property
    def _stepper(self) -> NetworkStepper:
        return NetworkStepper(network=self.network)


def entering(shares: Array, cells: float, generator: np.random.Generator) -> Array:
    """Return how many of a dose's whole cells each compartment gets, by its shares."""
    return np.asarray(generator.multinomial(int(cells), _to_one(shares[None])[0]), dtype=float)


def _to_one(rows: Array) -> Array:
    """Return chances whose rows sum to one within what the generator asks for."""
    rows = np.clip(rows, 0.0, None)
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))
