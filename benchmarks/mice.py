"""Virtual mice with leukaemia in the marrow, for the case `body`: who they are, what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.organs.population import population
from cartflow.pbpk.organs.result import Animals
from cartflow.pbpk.variation.random_bodies import (
    Spread,
    log_normal,
    varied_body,
    varied_trafficking,
)

Array = np.ndarray

DAYS = np.linspace(0.0, 28.0, 29)
DOSE = Dose(route="intravenous", cells=1e6, phenotype="cart")
MARROW = "bone_marrow_tissue"
SPREAD = Spread(
    volume=0.15,
    blood_flow=0.2,
    lymph_flow=0.3,
    transmigration_rate=0.3,
    retention=0.2,
    elimination_rate=0.3,
)
KINETIC_VARIATION = 0.3


@dataclass(frozen=True, kw_only=True, eq=False)
class Mice:
    """Organ kinetics and the animals; `state` (size,) is what animal n has after the bolus."""

    kinetics: OrganKinetics
    animals: Animals

    def state(self, animal: int) -> Array:
        """Return the state of an animal when the dose is in its veins."""
        state = self.animals.start[animal].copy()
        state[self.kinetics.row("cart", "venous")] += DOSE.cells
        return state

    def few(self, number: int) -> Mice:
        """Return the first of the mice."""
        parts = {name: value[:number] for name, value in vars(self.animals).items()}
        return Mice(kinetics=self.kinetics, animals=Animals(**parts))


def mice(number: int, seed: int = 20) -> Mice:
    """Return `number` mice whose bodies, trafficking and kinetics vary log-normally."""
    random = np.random.default_rng(seed)
    body, trafficking = load_body("mouse_28g"), load_trafficking("khot2019")
    networks = [
        organ_network(
            varied_body(body, SPREAD, random), varied_trafficking(trafficking, SPREAD, random)
        )
        for _ in range(number)
    ]
    kinetics = OrganKinetics(
        organs=organ_network(body, trafficking),
        network=_network(),
        sites=(Site(compartment=MARROW, initial={"tumour": 1e4}),),
    )
    varied = {
        name: p.value * log_normal(random, KINETIC_VARIATION, number)
        for name, p in kinetics.network.parameters.items()
    }
    return Mice(kinetics=kinetics, animals=population(kinetics, networks, varied))


def asked(kinetics: OrganKinetics) -> list[int]:
    """Return the rows of the state that are compared: blood, organs, nodes, exhausted, tumour."""
    places = ("venous", MARROW, "spleen_tissue", "liver_tissue", "lung_tissue", "lymph")
    rows = [kinetics.row("cart", place) for place in places]
    return rows + [kinetics.row(name, MARROW) for name in kinetics.residents]


def error(found: Array, wanted: Array, rows: Sequence[int]) -> float:
    """Return the greatest relative L2 error over days 1 to 28 of any mouse and row.

    States are (mice, days, size), and the first day is the start.
    """
    apart = found[:, 1:][..., rows] - wanted[:, 1:][..., rows]
    norms = np.linalg.norm(apart, axis=1) / np.linalg.norm(wanted[:, 1:][..., rows], axis=1)
    return float(norms.max())


def _network() -> Network:
    found = load("predator_prey_exhaustion")
    return found if isinstance(found, Network) else found.network
