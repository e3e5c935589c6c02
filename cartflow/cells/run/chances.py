"""The chances of what cells do, from rates in their mesh cells."""

from __future__ import annotations

import numpy as np

from cartflow.cells.run.system import CellSystem
from cartflow.core.outcome import StepFailed

Array = np.ndarray


def require_finite(system: CellSystem, rates: Array) -> None:
    """Raise `StepFailed` naming the reaction of which a rate (rows, mesh cells) is not finite."""
    if not np.isfinite(rates).all():
        row = int(np.flatnonzero(~np.isfinite(rates).all(axis=1))[0])
        number = next(act.reaction for act in system.acts.acts if act.rate == row)
        name = system.problem.network.reaction_names[number]
        raise StepFailed(name, "a rate is not a finite number")


def chances_of(system: CellSystem, state: Array, rates: Array) -> Array:
    """Return the chances (acts, mesh cells) per cell and day: acts of cells, then ways to leave.

    `state` (species, mesh cells) is what rates saw.
    """
    # Apart, an act in reverse has a rate of its own; as one, it goes by a rate below zero.
    as_one = system.asked.net_rates == "as_one"
    found = []
    for act in system.acts.acts:
        if act.actor >= 0:
            density = state[system.rows[act.actor]]
            some = np.maximum(-rates[act.rate] if act.reverse and as_one else rates[act.rate], 0)
            found.append(np.divide(some, density, out=np.zeros_like(some), where=density > 0))
    found += [way.rate for way in system.leaving]
    return np.array(found).reshape(len(found), system.problem.geometry.size)
