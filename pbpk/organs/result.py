"""Animals, their states through time, and the balance of their product cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Animals:
    """What differs between animals: each array has them first.

    `rates` (animals, n, n) of the organs in 1/day, `volumes` (animals, sites) in mm3, `parameters`
    (animals, sites, parameters), `start` (animals, size), and the `shares` of each dose.
    """

    rates: Array
    volumes: Array
    parameters: Array
    start: Array
    shares: Array


def one_animal(kinetics: OrganKinetics) -> Animals:
    """Return the one animal that `kinetics` itself describes."""
    return Animals(
        rates=kinetics.organs.rates[None],
        volumes=kinetics.volumes[None],
        parameters=kinetics.parameters[None],
        start=kinetics.start[None],
        shares=np.ones(1),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganRuns:
    """States of animals at times, and what has happened by then.

    `states` (animals, times, size), `events` (animals, times, sites, reactions) since the start,
    `infused` (times, size) likewise, of which each animal got its share, and `steps`
    (animals, 2), those taken and those refused.
    """

    kinetics: OrganKinetics
    animals: Animals
    times: Array
    states: Array
    events: Array
    infused: Array
    steps: NDArray[np.int64]

    def cells(self) -> Array:
        """Return the cells (animals, times, phenotypes, compartments)."""
        return self.kinetics.travelling(self.states)

    def residents(self) -> Array:
        """Return the amounts (animals, times, sites, residents) of what stays at the sites."""
        return self.kinetics.staying(self.states)

    def born(self) -> Array:
        """Return product cells born so far, (animals, times, products)."""
        return self._counted(self.kinetics.network.born)

    def died(self) -> Array:
        """Return product cells dead so far, those lost in organs among them."""
        return self._counted(self.kinetics.network.died) + self._gathered("lost")

    def converted(self) -> Array:
        """Return product cells that became this product less those that ceased to be it."""
        return self._counted(self.kinetics.network.converted)

    def given(self) -> Array:
        """Return product cells infused so far, those at the start among them."""
        doses = self._products(self.infused) * self.animals.shares[:, None, None]
        return doses + self._products(self.animals.start)[:, None]

    def handed_over(self) -> Array:
        """Return product cells that a tumour's vessels have given to its tissue."""
        return self._gathered("handed_over")

    def in_body(self) -> Array:
        """Return product cells in the body, without those lost and handed over."""
        gathered = self._gathered("lost") + self._gathered("handed_over")
        return self._products(self.states) - gathered

    def residual(self) -> Array:
        """Return what the balance of product cells misses, (animals, times)."""
        gained = self.given() + self.born() - self.died() + self.converted()
        result: Array = (gained - self.in_body() - self.handed_over()).sum(axis=-1)
        return result

    def _counted(self, per_event: Array) -> Array:
        rows = [self.kinetics.network.index(name) for name in self.kinetics.products]
        return np.asarray(np.einsum("atkr,sr->ats", self.events, per_event[rows]))

    def _gathered(self, compartment: str) -> Array:
        """Return the products in a compartment that gathers cells."""
        found = np.zeros((*self.states.shape[:2], len(self.kinetics.products)))
        for column, name in enumerate(self.kinetics.products):
            if name in self.kinetics.phenotypes:
                found[..., column] = self.states[..., self.kinetics.row(name, compartment)]
        return found

    def _products(self, states: Array) -> Array:
        """Return the sum over all places of each product."""
        totals = {
            **_last(self.kinetics.phenotypes, self.kinetics.travelling(states).sum(axis=-1)),
            **_last(self.kinetics.residents, self.kinetics.staying(states).sum(axis=-2)),
        }
        return np.stack([totals[name] for name in self.kinetics.products], axis=-1)


def _last(names: tuple[str, ...], values: Array) -> dict[str, Array]:
    return {name: values[..., number] for number, name in enumerate(names)}
