"""What a step did, from the extents of its reactions and the flows of its crossings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.kinetics.network import Network
from cartflow.pde.engine import Account

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Extents:
    """Totals of one step: reactions forwards and in reverse, crossings, egress.

    `came` and `went` are what each crossing let in and out, `crossing_species` whose that was.
    """

    forwards: Array
    reverse: Array
    crossing_species: tuple[int, ...]
    came: Array
    went: Array
    egress: Array

    def account(self, network: Network) -> Account:
        """Return the account per species; a reaction in reverse takes what it forwards makes."""
        born, died = network.born @ self.forwards, network.died @ self.forwards
        converted = network.converted @ self.forwards
        made, used = network.made @ self.forwards, network.used @ self.forwards
        if self.reverse.any():
            born += network.died @ self.reverse
            died += network.born @ self.reverse
            converted -= network.converted @ self.reverse
            made += network.used @ self.reverse
            used += network.made @ self.reverse
        return Account(
            born=born,
            died=died,
            converted=converted,
            supplied=self._per_species(self.came),
            left=self._per_species(self.went),
            egress=self.egress,
            came=self.came,
            went=self.went,
            made=made,
            used=used,
        )

    def change(self, network: Network) -> Array:
        """Return by how much each species' total changed."""
        net = network.stoichiometry @ (self.forwards - self.reverse) - self.egress
        return np.asarray(net + self._per_species(self.came - self.went))

    def _per_species(self, amounts: Array) -> Array:
        return per_species(amounts, self.crossing_species, self.egress.size)


def per_species(amounts: Array, owners: tuple[int, ...], species: int) -> Array:
    """Return the sums of what crosses, `owners` telling the species of each crossing."""
    if not owners:
        return np.zeros(species)
    return np.bincount(np.array(owners, dtype=np.intp), amounts, species)
