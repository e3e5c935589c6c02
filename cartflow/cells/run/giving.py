"""Doses in whole cells: those that come at once, and those that run in."""

from __future__ import annotations

import math
from collections.abc import Set

import numpy as np

from cartflow.cells.arrival.whole_body import entering
from cartflow.cells.chance.streams import stream
from cartflow.cells.run.step import Stepping
from cartflow.pbpk.doses import Dose

Array = np.ndarray


def infused(stepping: Stepping, start: float, end: float) -> tuple[Array, Array]:
    """Return the whole cells that run in from `start` to `end` (day), the next step.

    They are those into the body (compartments, products) and into the tumour (products,).
    """
    coupled, seed = stepping.system.coupled, stepping.system.asked.seed
    body = np.zeros_like(stepping.body)
    tumour = np.zeros(len(coupled.products))
    generator = stream(seed, "infusions", stepping.number + 1)
    for dose in coupled.doses:
        if not dose.bolus and dose.time < end and dose.end > start:
            number = _by(dose, end) - _by(dose, start)
            product = coupled.product_names.index(dose.phenotype)
            if dose.route == "intratumoural":
                tumour[product] += number
            else:
                shares = coupled.network.entry(dose.route)
                body[:, product] += entering(shares, number, generator)
    return body, tumour


def give(stepping: Stepping, time: float, given: Set[int]) -> set[int]:
    """Give the doses that come at once by a `time` and are not among those `given`.

    Returns their numbers among all doses.
    """
    coupled, new = stepping.system.coupled, set()
    for number, dose in enumerate(coupled.doses):
        if not dose.bolus or dose.time > time or number in given:
            continue
        new.add(number)
        generator = stream(stepping.system.asked.seed, "boluses", number)
        product = coupled.product_names.index(dose.phenotype)
        stepping.ledger.infused[product] += dose.cells
        if dose.route == "intratumoural":
            weights = coupled.injection * coupled.volumes
            row = int(coupled.products[product])
            stepping.arrive(row, int(dose.cells), weights, generator)
            stepping.settle()
        else:
            shares = coupled.network.entry(dose.route)
            stepping.body[:, product] += entering(shares, dose.cells, generator)
    return new


def _by(dose: Dose, time: float) -> int:
    """Return how many whole cells of an infusion are given by `time`: all at its end."""
    if time >= dose.end:
        return int(dose.cells)
    return math.floor(dose.rate * max(time - dose.time, 0.0))
