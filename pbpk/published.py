"""What publications say of bodies and trafficking, against this package: rows to check."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.network import OrganNetwork
from cartflow.pbpk.stepper import NetworkStepper

Array = NDArray[np.float64]
HOUR = 1.0 / 24.0


# What kind of number a row expects. published: printed in the publication; derived: arithmetic on
# numbers that publications print; recomputed: an independent solution of its equations; set: put
# in, so that it must come out; fitted: what a number was fitted to; misfit: what the model is
# known to give where a measurement says something else.
Standing = Literal["published", "derived", "recomputed", "set", "fitted", "misfit"]


class PublishedRow(NamedTuple):
    """One number against one expected: |measured - expected| <= tolerance, in `unit`.

    `reference` is the publication that it rests on, `standing` how.
    """

    name: str
    measured: float
    expected: float
    tolerance: float
    unit: str
    reference: str
    standing: Standing
    note: str

    @property
    def holds(self) -> bool:
        """Whether the two agree within the tolerance."""
        return abs(self.measured - self.expected) <= self.tolerance


def given(network: OrganNetwork, route: str = "intravenous") -> Array:
    """Return the cells (n, 1) just after one cell was given by `route`."""
    return network.entry(route)[:, None]


def course(network: OrganNetwork, start: Array, times: Array) -> Array:
    """Return the cells (times, n) of one phenotype at `times` (day) after `start` (n, 1)."""
    stepper = NetworkStepper(network=network)
    return np.array([stepper.step(start, float(t))[:, 0] for t in times])


def exact_area(network: OrganNetwork, start: Array, end: float) -> Array:
    """Return the integral of the cells (n,) from 0 to `end` days, exact: cells x day."""
    _, collected = NetworkStepper(network=network).matrices(end)
    area: Array = (collected @ start)[:, 0]
    return area


def held(network: OrganNetwork, cells: Array, organs: tuple[str, ...]) -> Array:
    """Return the cells in all spaces of `organs`; `cells` is (..., n)."""
    inside = [compartment.organ in organs for compartment in network.compartments]
    found: Array = np.asarray(cells)[..., inside].sum(axis=-1)
    return found
