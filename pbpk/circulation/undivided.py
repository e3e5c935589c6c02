"""How what is everywhere alike circulates, and what travels as the product does."""

from __future__ import annotations

import numpy as np

from cartflow.pbpk.circulation.circulation import ELIMINATED, POOL, Circulation
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork


def pool_circulation(species: str, volume: float, elimination_rate: float = 0.0) -> Circulation:
    """Return how what is everywhere alike circulates: one compartment of `volume` mm3.

    It is lost at `elimination_rate` (1/day) beside what kinetics use.
    """
    places = (
        Compartment(name=POOL, organ=POOL, space="vascular", volume=volume),
        Compartment(name=ELIMINATED),
    )
    return Circulation(
        species=species,
        kind="everywhere",
        compartments=places,
        rates=np.array([[-elimination_rate, 0.0], [elimination_rate, 0.0]]),
        entry=POOL,
        blood=POOL,
    )


def cell_circulation(species: str, organs: OrganNetwork) -> Circulation:
    """Return how other cells than the product travel: as that does, by the same organ network."""
    names = [ELIMINATED if c.name == "lost" else c.name for c in organs.compartments]
    kept = [n for n, c in enumerate(organs.compartments) if not c.name.startswith("handed_over")]
    places = tuple(
        Compartment(name=names[n], organ=c.organ, space=c.space, volume=c.volume)
        for n, c in enumerate(organs.compartments)
        if n in kept
    )
    return Circulation(
        species=species,
        unit="cell",
        kind="cells",
        compartments=places,
        rates=organs.rates[kept][:, kept],
    )
