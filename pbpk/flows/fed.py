"""A tumour's vessels alone: what enters them is given, not followed through a body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.tumour import TumourVessels

Array = NDArray[np.float64]
ENTERING, VESSELS = "venous", "tumour_vascular"
_RESTS_ON = ("tumour.", "network.tumour.", "trafficking.tumour.", "trafficking.brain.")


@dataclass(frozen=True, kw_only=True, eq=False)
class FedVessels:
    """Vessels that take up cells from blood with a given concentration.

    dA/dt = `inflow` C - (flow on + transmigration) A, with A the cells in them and C the cells per
    mm3 of the blood that enters (`inflow` in mm3/day). `network` holds A, C in place of venous
    blood, and what is handed over; only that is counted, since the rest never was the tumour's.
    """

    network: OrganNetwork
    inflow: float


def entering_concentration(network: OrganNetwork, state: Array, vessels: str = VESSELS) -> Array:
    """Return cells per mm3 of blood that enters a tumour, (..., p), from states (..., n, p).

    The mean over what flows in from everywhere, counted as `venous_concentration` does.
    """
    if network.counted_in == "given":
        return np.array(state[..., network.index(ENTERING), :])
    rates, flow = _entering(network, vessels)
    return np.asarray(rates @ state / flow)


def fed_as_in(network: OrganNetwork) -> FedVessels:
    """Return the tumour's vessels of a body's `network`, alone. Raises `InputError`.

    Their law is that of the body: what enters, flows on, is lost and handed over by one cell.
    """
    vessels, target = network.index(VESSELS), network.index("handed_over")
    into = np.flatnonzero(network.rates[target] > 0)
    if set(into) != {vessels}:
        others = ", ".join(network.names[i] for i in into if i != vessels)
        msg = f"tumour.blood: cells enter this tumour from {others} too, which needs the body"
        raise InputError(msg)
    _, flow = _entering(network, VESSELS)
    leaving = -float(network.rates[vessels, vessels])
    handed = float(network.rates[target, vessels])
    used = {n: p for n, p in network.parameters.items() if n.startswith(_RESTS_ON)}
    if "body.haematocrit" in network.parameters:
        used["body.haematocrit"] = network.parameters["body.haematocrit"]
    alone = _network((leaving - handed, handed), network.egress_rate, used)
    return FedVessels(network=alone, inflow=flow)


def fed_alone(tumour: TumourVessels, haematocrit: Parameter, capture: Parameter) -> FedVessels:
    """Return the vessels of a `tumour` without any body, which capture a share of what passes.

    Transmigration is E/(1 - E) x blood flow / vascular volume, E the chance of capture in one
    pass; what is not lymph flows on. Raises `InputError`.
    """
    if not 0 <= capture.value < 1:
        msg = f"tumour.blood.capture: '{capture.stated}' is not in 0..1, 1 left out"
        raise InputError(msg)
    if not 0 <= haematocrit.value < 1:
        msg = f"tumour.blood.haematocrit: '{haematocrit.stated}' is not in 0..1, 1 left out"
        raise InputError(msg)
    flow, volume = tumour.blood_flow(haematocrit.value), tumour.vascular_volume()
    handed = capture.value / (1 - capture.value) * flow / volume
    numbers = {f"tumour.{name}": p for name, p in tumour.quantities().items()}
    numbers |= {"tumour.blood.haematocrit": haematocrit, "tumour.blood.capture": capture}
    onward = (flow - tumour.lymph_flow()) / volume
    alone = _network((onward, handed), _egress(tumour), numbers)
    return FedVessels(network=alone, inflow=flow)


def tissue_alone(egress_rate: float, parameters: dict[str, Parameter]) -> OrganNetwork:
    """Return the network of a tumour that nothing feeds; what leaves its tissue is gone."""
    places = (_TISSUE, *_GATHERED)
    return OrganNetwork(
        compartments=places,
        rates=np.zeros((len(places), len(places))),
        egress_rate=egress_rate,
        counted_in="given",
        parameters=parameters,
        routes={},
    )


_TISSUE = Compartment(name="tumour_tissue", organ="tumour", space="tissue", volume=1.0)
_GATHERED = (Compartment(name="lost"), Compartment(name="handed_over"))


def _network(
    ways: tuple[float, float],
    egress_rate: float,
    parameters: dict[str, Parameter],
) -> OrganNetwork:
    """Return the network of vessels that pass on and hand over at the rates of `ways`."""
    names = (Compartment(name=ENTERING, volume=1.0), Compartment(name=VESSELS))
    places = (*names, Compartment(name="flowed_on"), _TISSUE, *_GATHERED)
    order = [place.name for place in places]
    rates = np.zeros((len(places), len(places)))
    vessels = order.index(VESSELS)
    for name, rate in zip(("flowed_on", "handed_over"), ways, strict=True):
        rates[order.index(name), vessels] = rate
    rates[vessels, vessels] = -sum(ways)
    return OrganNetwork(
        compartments=places,
        rates=rates,
        egress_rate=egress_rate,
        counted_in="given",
        parameters=parameters,
        routes={},
    )


def _entering(network: OrganNetwork, vessels: str) -> tuple[Array, float]:
    """Return the rates (n,) at which cells enter the vessels, and the flow of blood, mm3/day."""
    rates = np.array(network.rates[network.index(vessels)])
    rates[network.index(vessels)] = 0.0
    return rates, float(rates @ network.volumes()) / network.counted_share


def _egress(tumour: TumourVessels) -> float:
    if tumour.egress_rate is not None:
        return tumour.egress_rate.value
    return tumour.lymph_flow() / (tumour.interstitial_volume() * tumour.retention.value)
