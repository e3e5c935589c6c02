"""Kinds of cells that are densities where they are many, as rows of a state below the fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.cells.hybrid.densities import Densities
from cartflow.cells.hybrid.equations import HARDLY_ANY
from cartflow.cells.hybrid.walls import inwards
from cartflow.cells.run.system import CellSystem
from cartflow.coupling.ledger import Ledger
from cartflow.pde.engine import Account
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray


def with_densities(system: CellSystem, densities: Densities, tumour: Array) -> Array:
    """Return the state of the fields, and below it the rows of kinds that are densities."""
    kinds = densities.kinds
    if not kinds:
        return tumour
    state, rows = tumour.copy(), system.rows[kinds]
    # Rates are divided by it: without cells they are 0, not nothing.
    state[rows] = np.maximum(state[rows], HARDLY_ANY)
    return np.vstack([state, densities.amounts[kinds] / system.problem.geometry.cell_volumes])


def count(densities: Densities, account: Account) -> None:
    """Count what a step of the fields made, used and took of densities, which come last."""
    kinds, crossed = densities.kinds, densities.crossed
    if kinds:
        crossed.made[kinds] += account.made[-len(kinds) :]
        crossed.used[kinds] += account.used[-len(kinds) :]
        crossed.left[kinds] += account.left[-len(kinds) :]


def enter(system: CellSystem, ledger: Ledger, account: Account) -> None:
    """Enter what a step of the fields did to densities of product cells."""
    kinds = system.hopping.kinds
    if not kinds:
        return

    def products(changes: Array) -> Array:
        of_kinds = np.zeros(len(system.asked.kinds))
        of_kinds[kinds] = changes[-len(kinds) :]
        return system.products(of_kinds)

    ledger.born += products(account.born)
    ledger.died += products(account.died) + products(account.left)
    ledger.converted += products(account.converted)


def let_in(
    system: CellSystem, densities: Densities, ledger: Ledger, many: Array, days: float
) -> None:
    """Count what walls let in within `days` where cells are `many`."""
    for wall in system.hopping.feeding:
        came = np.zeros(len(system.asked.kinds))
        came[wall.kind] = wall.gain[many[wall.kind]].sum() * days
        densities.crossed.came += came
        ledger.came[wall.place] += came[wall.kind]
        ledger.infused += system.products(came)


def with_walls(system: CellSystem, engine: FastEngine, many: Array) -> FastEngine:
    """Return the engine of the fields with what walls let in where cells are `many`.

    It is the `engine` of the step before where nothing of that has changed.
    """
    if not system.hopping.feeding:
        return engine
    kinds, problem = system.hopping.kinds, engine.problem
    comes = inwards(system.hopping.feeding, many)[kinds] / problem.geometry.cell_volumes
    infusion = np.zeros((len(problem.fields), problem.geometry.size))
    infusion[-len(kinds) :] = comes
    if problem.infusion is not None and np.array_equal(problem.infusion, infusion):
        return engine
    new = engine.for_problem(replace(problem, infusion=infusion))
    new.recall(engine.memory())
    return new
