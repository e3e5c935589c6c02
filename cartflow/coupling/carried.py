"""Doses of what circulates beside cells, and how much of it there is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cartflow.coupling.ledger import Ledger
from cartflow.coupling.state import State
from cartflow.pbpk.doses import SoluteDose
from cartflow.pbpk.organs.acting import ActingOrgans

Array = np.ndarray


def carried_sums(organs: ActingOrgans, carried: Array) -> Array:
    """Return how much of each circulating species `carried` (places,) is, (species,)."""
    return np.array([each.sum() for each in organs.carried_of(carried)])


def carried_given(
    organs: ActingOrgans, doses: Sequence[SoluteDose], state: State, ledger: Ledger
) -> Array:
    """Return what is carried with the boluses of the state's time; the `ledger` counts them."""
    carried = state.carried.copy()
    for dose in doses:
        if dose.bolus and dose.time == state.time:
            _add(organs, dose.species, dose.amount, carried, ledger.carried_infused)
    return carried


def carried_supply(organs: ActingOrgans, doses: Sequence[SoluteDose], time: float) -> Array:
    """Return what is infused a day from `time` (days) to the next event, (places,)."""
    supply, counted = np.zeros(organs.carried_start.size), np.zeros(len(organs.circulating))
    for dose in doses:
        if dose.time <= time < dose.end:
            _add(organs, dose.species, dose.rate, supply, counted)
    return supply


def _add(organs: ActingOrgans, species: str, amount: float, carried: Array, counted: Array) -> None:
    """Add an amount of a species where its doses enter, and to what is counted of it, in place."""
    names = [each.species for each in organs.circulating]
    place = names.index(species)
    each = organs.circulating[place]
    organs.carried_of(carried)[place][each.index(each.entry)] += amount
    counted[place] += amount
