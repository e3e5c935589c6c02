"""The equations of kinetics in organs in NumPy, as the compiled loops are held to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.kinetics.network import Network
from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganEquations:
    """What kinetics in organs change a day, and the derivatives of that."""

    kinetics: OrganKinetics

    @cached_property
    def _networks(self) -> tuple[Network, ...]:
        network = self.kinetics.network
        return tuple(network.with_parameters(site.parameters) for site in self.kinetics.sites)

    def change(self, state: Array) -> Array:
        """Return the change of a state (size,) per day."""
        kinetics = self.kinetics
        result = np.zeros(kinetics.size)
        cells = kinetics.travelling(state)
        kinetics.travelling(result)[:] = cells @ kinetics.organs.rates.T
        for site, rows in enumerate(kinetics.places):
            rates = self._networks[site].rates(state[rows] / kinetics.fluid_volumes[site])
            events = kinetics.event_volumes[site] * rates
            result[rows] += kinetics.network.stoichiometry @ events
        self._carry(state, result)
        return result

    def _carry(self, state: Array, result: Array) -> None:
        """Add what carrying about and saturation change, in place."""
        kinetics = self.kinetics
        for each, (first, end) in zip(kinetics.circulating, kinetics.carried_rows, strict=True):
            amounts, moved = state[first:end], result[first:end]
            moved += each.rates @ amounts
            for one in each.saturations:
                free, bound = each.index(one.free), each.index(one.bound)
                kept = one.rate * amounts[free] * amounts[bound]
                moved[free] += kept
                moved[bound] -= kept

    def jacobian(self, state: Array) -> Array:
        """Return the Jacobian (size, size) of `change`."""
        kinetics = self.kinetics
        count = len(kinetics.organs.compartments)
        result = np.zeros((kinetics.size, kinetics.size))
        for p in range(len(kinetics.phenotypes)):
            rows = slice(p * count, (p + 1) * count)
            result[rows, rows] = kinetics.organs.rates
        for site, rows in enumerate(kinetics.places):
            fluid = kinetics.fluid_volumes[site]
            slopes = self._networks[site].jacobian(state[rows] / fluid)
            slopes = kinetics.event_volumes[site][:, None] * slopes / fluid
            result[np.ix_(rows, rows)] += kinetics.network.stoichiometry @ slopes
        for each, (first, end) in zip(kinetics.circulating, kinetics.carried_rows, strict=True):
            result[first:end, first:end] += each.rates
            for one in each.saturations:
                free, bound = first + each.index(one.free), first + each.index(one.bound)
                for column, slope in ((free, state[bound]), (bound, state[free])):
                    result[free, column] += one.rate * slope
                    result[bound, column] -= one.rate * slope
        return result
