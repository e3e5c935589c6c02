"""Where whole cells are counted: in the balance of products, and in that of each kind of cells."""

from __future__ import annotations

import numpy as np

from cartflow.cells.hybrid.densities import Crossed
from cartflow.cells.run.system import CellSystem
from cartflow.coupling.ledger import Ledger

Array = np.ndarray


def came(
    system: CellSystem, ledger: Ledger, crossed: Crossed, kind: int, place: int, number: int
) -> None:
    """Count cells of a kind that came from nowhere through a place."""
    of_kinds = np.zeros(len(system.asked.kinds))
    of_kinds[kind] = number
    ledger.came[place] += number
    crossed.events += of_kinds
    ledger.infused += system.products(of_kinds)


def went(
    system: CellSystem, ledger: Ledger, crossed: Crossed, kind: int, place: int, number: int
) -> None:
    """Count cells of a kind that left for good through a place."""
    of_kinds = np.zeros(len(system.asked.kinds))
    of_kinds[kind] = number
    ledger.went[place] += number
    crossed.events -= of_kinds
    ledger.died += system.products(of_kinds)


def to_lymph(system: CellSystem, ledger: Ledger, crossed: Crossed, left: Array) -> Array:
    """Count and return those that `left` by lymph (kinds)."""
    ledger.egress += system.products(left)
    crossed.events -= left
    return left


def reacted(
    system: CellSystem,
    ledger: Ledger,
    crossed: Crossed,
    reaction: int,
    number: int,
    *,
    reverse: bool,
) -> None:
    """Count what a reaction did that happened a `number` of times, perhaps in reverse."""
    network, coupled = system.problem.network, system.coupled
    born, died = network.born[:, reaction], network.died[:, reaction]
    if reverse:
        born, died = died, born
    way = -1.0 if reverse else 1.0
    products = coupled.products
    ledger.born += coupled.of_all(number * born[products])
    ledger.died += coupled.of_all(number * died[products])
    change = network.stoichiometry[system.rows, reaction]
    crossed.events += way * number * change
    turned = way * number * network.converted[:, reaction]
    ledger.converted += coupled.of_all(turned[products])
