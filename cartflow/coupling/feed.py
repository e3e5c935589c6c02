"""Blood that feeds a tumour alone: its concentration of cells in time, and where that enters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.pbpk.flows.fed import ENTERING, VESSELS, FedVessels
from cartflow.pbpk.flows.network import OrganNetwork

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class BloodCourse:
    """Cells per mm3 of blood, of each product, as lines between `times` (days).

    From time k on it is `values[k]` (products,) and rises by `slopes[k]` a day.
    """

    times: Array
    values: Array
    slopes: Array

    def at(self, time: float) -> tuple[Array, Array]:
        """Return values and slopes (products,) from `time` on."""
        place = max(int(np.searchsorted(self.times, time, side="right")) - 1, 0)
        slope = self.slopes[place]
        return self.values[place] + slope * (time - self.times[place]), slope

    def next_knot(self, time: float) -> float:
        """Return the next time after `time` at which a line begins, or inf."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.times[place]) if place < self.times.size else np.inf


@dataclass(frozen=True, kw_only=True, eq=False)
class Feed:
    """The vessels of a tumour alone, and the course of the blood that enters them."""

    vessels: FedVessels
    course: BloodCourse

    @cached_property
    def _places(self) -> tuple[int, int]:
        network = self.vessels.network
        return network.index(ENTERING), network.index(VESSELS)

    def set(self, body: Array, time: float) -> Array:
        """Return `body` (compartments, products) with the blood of `time`."""
        new = body.copy()
        new[self._places[0]] = self.course.at(time)[0]
        return new

    def rise(self, time: float, shape: tuple[int, ...]) -> Array:
        """Return how the concentration in the body's state rises from `time` on, per day."""
        supply = np.zeros(shape)
        supply[self._places[0]] = self.course.at(time)[1]
        return supply

    def entering(self, body: Array, rise: Array, after: float) -> Array:
        """Return the cells per day that enter (compartments, products) `after` days.

        `rise` is what the concentration in `body` gains a day.
        """
        place, vessels = self._places
        supply = np.zeros_like(body)
        supply[vessels] = self.vessels.inflow * (body[place] + rise[place] * after)
        return supply


def line_rates(network: OrganNetwork, feed: Feed | None) -> Array:
    """Return the rates of a network as one linear system, with what feeds its vessels.

    The concentration enters, and is not used up.
    """
    rates = np.array(network.rates, dtype=float, order="C")
    if feed is not None:
        rates[network.index(VESSELS), network.index(ENTERING)] += feed.vessels.inflow
    return rates
