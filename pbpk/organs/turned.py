"""What kinetics in organs made of product cells, and of what circulates, from their events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Turned:
    """Product cells (..., products) born, dead by kinetics, and converted.

    `made` and `used` are amounts (..., circulating) of what circulates, by kinetics. `taken` and
    `refused` are the steps of the integrator within one step.
    """

    born: Array
    died: Array
    converted: Array
    made: Array
    used: Array
    taken: int = 0
    refused: int = 0


def tallies(kinetics: OrganKinetics) -> Array:
    """Return what one event of each reaction counts for (counts, reactions); see `turned`."""
    network = kinetics.network
    rows = [network.index(name) for name in kinetics.products]
    net = network.stoichiometry[[network.index(each.species) for each in kinetics.circulating]]
    products = [network.born[rows], network.died[rows], network.converted[rows]]
    return np.concatenate([*products, np.maximum(net, 0.0), np.maximum(-net, 0.0)])


def turned(kinetics: OrganKinetics, counts: Array, taken: int = 0, refused: int = 0) -> Turned:
    """Return what `counts` (..., counts) of the `tallies` are."""
    products, circulating = len(kinetics.products), len(kinetics.circulating)
    ends = np.cumsum([products, products, products, circulating])
    born, died, converted, made, used = np.split(counts, ends, axis=-1)
    return Turned(
        born=born,
        died=died,
        converted=converted,
        made=made,
        used=used,
        taken=taken,
        refused=refused,
    )
