"""Courses of cells in an organ network after one cell was given: what comparisons are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.stepper import NetworkStepper

Array = NDArray[np.float64]
HOUR = 1.0 / 24.0


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
