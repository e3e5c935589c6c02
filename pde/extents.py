"""What a step did, from the extents of its reactions and the net flux of its crossings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.kinetics.network import Network
from cartflow.pde.engine import Account

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Extents:
    """Totals of one step: reactions forwards and in reverse, crossings' net gains, egress.

    `crossings` pairs each crossing's species with its net gain.
    """

    forwards: Array
    reverse: Array
    crossings: tuple[tuple[int, float], ...]
    egress: Array

    def account(self, network: Network) -> Account:
        """Return the account per species; a reaction in reverse takes what it forwards makes."""
        supplied, left = np.zeros_like(self.egress), np.zeros_like(self.egress)
        for species, net in self.crossings:
            supplied[species] += max(net, 0.0)
            left[species] += max(-net, 0.0)
        return Account(
            born=network.born @ self.forwards + network.died @ self.reverse,
            died=network.died @ self.forwards + network.born @ self.reverse,
            converted=network.converted @ (self.forwards - self.reverse),
            supplied=supplied,
            left=left,
            egress=self.egress,
        )

    def change(self, network: Network) -> Array:
        """Return by how much each species' total changed."""
        net = network.stoichiometry @ (self.forwards - self.reverse) - self.egress
        for species, gained in self.crossings:
            net[species] += gained
        return np.asarray(net)
