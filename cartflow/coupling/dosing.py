"""Doses of cells into a body with tumours: what a bolus adds, and what is infused at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.coupling.feed import Feed
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.routes import ARTERY

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Dosing:
    """The `doses` into an organ network and a tumour.

    `inside` are the products of the tumour, the first of the `products` of all; `injection` weights
    (1/mm^3 per mesh cell) place what is given into the tumour; where several are told apart
    elsewhere they are none. With a `feed` the blood of the tumour's vessels is given.
    """

    network: OrganNetwork
    doses: tuple[Dose, ...]
    products: tuple[str, ...]
    inside: tuple[str, ...]
    injection: Array
    feed: Feed | None = None

    def bolus(self, dose: Dose) -> tuple[Array, Array, Array]:
        """Return what a bolus adds: densities (products, mesh cells), cells in the body, and given.

        The cells in the body are (compartments, products), those given (products,).
        """
        tumour = np.zeros((len(self.inside), self.injection.size))
        body = np.zeros((len(self.network.compartments), len(self.products)))
        infused, p = np.zeros(len(self.products)), self.inside.index(dose.phenotype)
        infused[p] = dose.cells
        if dose.route == "intratumoural":
            tumour[p] = dose.cells * self.injection
        else:
            body[:, p] = dose.cells * self._entry(dose)
        return tumour, body, infused

    def infusion(self, time: float) -> tuple[Array, Array]:
        """Return the supply to the body (compartments, products) and tumour (products), per day."""
        body = np.zeros((len(self.network.compartments), len(self.products)))
        tumour = np.zeros(len(self.inside))
        for dose in self.doses:
            if dose.time <= time < dose.end:
                p = self.inside.index(dose.phenotype)
                if dose.route == "intratumoural":
                    tumour[p] += dose.rate
                else:
                    body[:, p] += dose.rate * self._entry(dose)
        if self.feed is not None:
            body += self.feed.rise(time, body.shape)
        return body, tumour

    def counted(self, supply: Array, injected: Array) -> Array:
        """Return the cells per day that a supply to body and tumour gives, of all products."""
        given = np.zeros(len(self.products)) if self.feed is not None else supply.sum(axis=0)
        given[: len(self.inside)] += injected
        return np.asarray(given)

    def _entry(self, dose: Dose) -> Array:
        """Return where a dose into the body enters: each of several tumours has its own artery."""
        own = dose.route == ARTERY and self.network.tumours
        return self.network.entry(f"{ARTERY}_{dose.tumour}" if own else dose.route)
