"""Bodies with a tumour of one compartment: the organ network, and its equations once more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import expm, null_space

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels, host_organs
from cartflow.validation.organs.organ_equations import rate_matrix, residence_time

Array = np.ndarray

COURSE = np.geomspace(1e-4, 28.0, 40)
_TIMES = (1 / 1440, 1 / 24, 1.0, 28.0)
# mm3 of a flank tumour: small against the organs that host it.
_TUMOUR = {"mouse_28g": 100.0, "human_male": 1e4}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A body with a trafficking model and a flank tumour whose tissue is one compartment."""

    body: Body
    model: Trafficking
    tumour: TumourVessels

    @property
    def name(self) -> str:
        """Body and trafficking model."""
        return f"{self.body.name}, {self.model.name}"

    @cached_property
    def network(self) -> OrganNetwork:
        """The organ network with the tumour in it."""
        return organ_network(self.body, self.model, tumour=self.tumour, lumped=True)

    @cached_property
    def stepper(self) -> NetworkStepper:
        """What steps the network."""
        return NetworkStepper(network=self.network)

    @cached_property
    def expected(self) -> Array:
        """The matrix of the equations written once more, per day."""
        return rate_matrix(self.body, self.model, self.tumour, self.network.names)

    @cached_property
    def dose(self) -> Array:
        """One cell in the veins, shape (compartments, 1)."""
        cells = np.zeros((len(self.network.names), 1))
        cells[self.network.index("venous")] = 1.0
        return cells


def flank_tumour(body: str, model: str) -> Pair:
    """Return a body with a trafficking model and a tumour in the flank."""
    tumour = TumourVessels(volume=_TUMOUR[body], host=host_organs("flank"), node="draining_node")
    return Pair(body=load_body(body), model=load_trafficking(model), tumour=tumour)


def rate_difference(pair: Pair) -> float:
    """Return the largest relative difference of an entry of the matrix."""
    scale = np.maximum(np.abs(pair.expected), np.abs(pair.network.rates))
    gap = np.abs(pair.network.rates - pair.expected)
    return float(np.max(np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0)))


def step_difference(pair: Pair) -> float:
    """Return the largest difference of steps over some times from exp(M t), of the dose."""
    gaps = [
        np.abs(pair.stepper.step(pair.dose, t) - expm(pair.expected * t) @ pair.dose).max()
        for t in _TIMES
    ]
    return float(max(gaps))


def residence_times(pair: Pair) -> tuple[list[str], Array, Array]:
    """Return tissues, and their mean stays (days) as cells show them and as 1/rate."""
    network, days = pair.network, 10.0
    cells = pair.stepper.step(pair.dose, days)[:, 0]
    spent = (pair.stepper.matrices(days)[1] @ pair.dose)[:, 0]
    organs, found, wanted = [], [], []
    for organ in (*pair.body.organs, "tumour"):
        vessels, tissue = network.index(f"{organ}_vascular"), network.index(f"{organ}_tissue")
        entered = network.rates[tissue, vessels] * spent[vessels]
        organs.append(organ)
        found.append(spent[tissue] / (entered - cells[tissue]))
        wanted.append(residence_time(pair.body, pair.model, pair.tumour, organ))
    return organs, np.array(found), np.array(wanted)


def shares_at_rest(pair: Pair) -> float:
    """Return the worst ratio of a compartment's share after long to that of the null vector."""
    endless = replace(
        pair.model,
        organs={n: replace(o, elimination_rate=None) for n, o in pair.model.organs.items()},
    )
    closed = replace(pair, model=endless)
    inside = closed.network.volumes() > 0
    rates = closed.expected[np.ix_(inside, inside)]
    speed = np.abs(np.diag(rates))
    vector = null_space(rates / speed, rcond=1e-11)[:, 0] / speed
    cells = closed.stepper.step(closed.dose, 1e5)[inside, 0]
    return worst_ratio(cells / (vector / vector.sum()))


def arterial_balance(pair: Pair) -> float:
    """Return fluid into the arteries over fluid out of them, all blood at one density."""
    network, place = pair.network, pair.network.index("arterial")
    flows = network.rates[place] * network.volumes()
    return float((flows.sum() - flows[place]) / -flows[place])


def lymph_balance(pair: Pair) -> float:
    """Return what lymph brings to the nodes over what they give back, tissues at one density.

    A tissue's lymph at the density 1 is its rate x V_e x R.
    """
    network, brought = pair.network, 0.0
    nodes = [network.index("lymph"), network.draining]
    for organ in (*pair.body.organs, "tumour"):
        tissue = network.index(f"{organ}_tissue")
        ways = pair.model.organ(organ) if organ != "tumour" else None
        given = None if ways is None else ways.retention
        retention = 1.0 if given is None else given.value
        # Only a tumour's tissue is emptied from the volume that its cells are counted in.
        emptied = network.compartments[tissue].volume
        if organ != "tumour":
            emptied = pair.model.extravascular(pair.body.organs[organ])
        brought += network.rates[nodes, tissue].sum() * emptied * retention
    taken = network.rates[network.index("venous"), nodes] @ network.volumes()[nodes]
    return float(brought / taken)


def worst_ratio(ratios: Array) -> float:
    """Return the ratio that is farthest from one."""
    return float(ratios[np.argmax(np.abs(ratios - 1.0))])


def course(pair: Pair) -> tuple[list[str], Array, Array]:
    """Return compartments, and their shares of the dose over time by steps and by exp(M t)."""
    names = ["venous", "lung_tissue", "liver_tissue", "spleen_tissue", "tumour_tissue"]
    rows = [pair.network.index(name) for name in names]
    state, steps, time = pair.dose, [], 0.0
    for now in COURSE:
        state, time = pair.stepper.step(state, now - time), now
        steps.append(state[rows, 0])
    exact = [(expm(pair.expected * t) @ pair.dose)[rows, 0] for t in COURSE]
    return names, np.array(steps), np.array(exact)
