"""What events took out of a run and added to it at once, as variables of its result."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System
from cartflow.pde.problem import Problem

_AT_ONCE = {"taken": "taken out or killed by events", "added": "added by events"}


def at_once_in_tumour(record: Record, problem: Problem) -> dict[str, xr.Variable]:
    """Return what events took out of the tumour and added to it since the start, by field."""
    found = {}
    for way, text in _AT_ONCE.items():
        amounts = np.array([getattr(s.ledger, way) for s in record.states])
        for row, species in enumerate(problem.network.species):
            if amounts[:, row].any():
                name, unit = species.long_name or species.name, f"{species.unit}*mm^3"
                values = amounts[:, row]
                found[f"{way}_{species.name}"] = variable(
                    ("time",), values, unit, f"{name}, {text}"
                )
    return found


def at_once_at_sites(record: Record, system: System) -> dict[str, xr.Variable]:
    """Return what events took from sites in organs and added there since the start."""
    kinetics, found = system.kinetics, {}
    shape = (len(record.states), *record.states[0].residents.shape)
    for way, text in _AT_ONCE.items():
        counted = np.array([getattr(s.ledger, way) for s in record.states])
        amounts = counted[:, counted.shape[1] - shape[1] * shape[2] :].reshape(shape)
        for column, other in enumerate(system.organs.others):
            values = amounts[:, :, column]
            if kinetics is not None and values.any():
                species = kinetics.network.species[kinetics.network.index(other)]
                name, unit = species.long_name or other, f"{species.unit}*mm^3"
                found[f"{way}_{other}"] = variable(
                    ("time", "site"), values, unit, f"{name}, {text}"
                )
    return found
