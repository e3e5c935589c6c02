"""The numbers of a run whose error in space is said."""

from __future__ import annotations

import numpy as np

from cartflow.coupling.growing.simulation import GrowingSimulation
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.results.counted import counts

Array = np.ndarray
# What is left of a species is nothing to speak of below this share of its most.
_NOTHING = 1e-6
# Cells that enter are hardly any beside a thousand times as many placed there, or below one.
_HARDLY = 1e-3
WORDS = {
    "reached_tumour": "cells that entered the tumour",
    "in_tumour": "product cells in the tumour",
    "depth": "depth",
    "volume": "volume of the tumour",
}


def final_numbers(record: Record, simulation: Simulation) -> dict[str, float]:
    """Return what the summary says at the end, and the amount of every resident cell.

    `depth` in mm, `volume` in mm^3 (of a tumour that grows), all others in cells. What is below
    1e-6 of its most in any saved state counts as that much, so that the rest of a tumour that is
    gone has no relative error.
    """
    problem = simulation.coupled.engine.problem
    counted = counts(record.states, simulation)
    totals = np.array([each.amounts for each in counted])
    inside = totals[:, simulation.coupled.products].sum(axis=1)
    found = {
        "reached_tumour": float(record.states[-1].ledger.inflow.sum()),
        "in_tumour": _last(inside),
        "depth": float(counted[-1].depths[-1]),
    }
    for i, species in enumerate(problem.network.species):
        if species.role == "resident" and species.unit == "cell/mm^3":
            found[species.name] = _last(totals[:, i])
    if isinstance(simulation, GrowingSimulation):
        volume = simulation.coupled.volumes.sum()
        found["volume"] = float(volume * record.states[-1].expansion)
    return {name: value for name, value in found.items() if np.isfinite(value) and value > 0}


def with_solutes(record: Record, simulation: Simulation) -> dict[str, float]:
    """Return `final_numbers` and the amount of every solute in the tumour, in ng, alike."""
    totals = np.array([each.amounts for each in counts(record.states, simulation)])
    found = {name: _last(totals[:, i]) for i, name in _solutes(simulation)}
    found = {name: value for name, value in found.items() if np.isfinite(value) and value > 0}
    return {**final_numbers(record, simulation), **found}


def negligible(record: Record, simulation: Simulation) -> list[str]:
    """Return the names of numbers so small that their relative error says nothing.

    `reached_tumour` is, where it is less than one cell, or than 1e-3 of the product cells that
    stood in the tumour at the start or were given into it.
    """
    reached = float(record.states[-1].ledger.inflow.sum())
    given = (dose for dose in simulation.coupled.doses if dose.route == "intratumoural")
    placed = float(simulation.coupled.in_tumour(simulation.initial).sum())
    placed += sum(dose.cells for dose in given)
    return ["reached_tumour"] if 0.0 < reached < max(1.0, _HARDLY * placed) else []


def solutes_of(simulation: Simulation) -> list[str]:
    """Return the names of the solutes."""
    return [name for _, name in _solutes(simulation)]


def in_words(name: str, simulation: Simulation) -> str:
    """Return what a number is called in a line of text."""
    network = simulation.coupled.engine.problem.network
    if name in WORDS:
        return WORDS[name]
    species = network.species[network.index(name)]
    if species.role == "solute":
        return f"amount of {species.long_name or name}"
    return species.long_name or f"{name} cells"


def in_unit(name: str, simulation: Simulation) -> str:
    """Return the unit of a number: mm, mm^3, ng or cell."""
    if name in WORDS:
        return {"depth": "mm", "volume": "mm^3"}.get(name, "cell")
    return "ng" if name in solutes_of(simulation) else "cell"


def _last(course: Array) -> float:
    return float(max(course[-1], _NOTHING * course.max()))


def _solutes(simulation: Simulation) -> list[tuple[int, str]]:
    species = simulation.coupled.engine.problem.network.species
    return [(i, each.name) for i, each in enumerate(species) if each.role == "solute"]
