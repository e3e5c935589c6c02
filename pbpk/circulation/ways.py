"""The ways of plasma through a body: vessels, lymph, and what a solute adds to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.body import Body
from cartflow.pbpk.circulation.circulation import ELIMINATED
from cartflow.pbpk.flows.compartments import Compartment, Space
from cartflow.pbpk.flows.rates import rates_of
from cartflow.pbpk.flows.streams import Stream, streams
from cartflow.pbpk.trafficking import Carrier, OrganTrafficking, Trafficking
from cartflow.pbpk.tumour import ONE, TumourVessels

# Organs whose blood goes on to the liver.
PORTAL = ("gut", "spleen", "small_intestine", "large_intestine", "pancreas")
ENTERED = "entered_tumour"


@dataclass(kw_only=True)
class Ways:
    """Compartments and arcs of one solute while they are put together; see `plasma_ways`."""

    body: Body
    found: list[Stream]
    compartments: dict[str, Compartment] = field(default_factory=dict)
    arcs: list[tuple[str, str, float]] = field(default_factory=list)

    def place(self, name: str, organ: str, space: Space, volume: float) -> None:
        """Add a compartment of some volume, mm3."""
        self.compartments[name] = Compartment(name=name, organ=organ, space=space, volume=volume)

    def flow(self, source: str, target: str, flow: float) -> None:
        """Add a flow (mm3/day) from a compartment, out of its volume."""
        self.rate(source, target, flow / self.compartments[source].volume)

    def rate(self, source: str, target: str, rate: float) -> None:
        """Add an arc of `rate` 1/day."""
        if rate > 0:
            self.arcs.append((source, target, rate))

    def of_body(self) -> list[Stream]:
        """Return the streams of the body's own organs."""
        return [stream for stream in self.found if stream.organ != ONE]

    def tumour(self) -> Stream | None:
        """Return the tumour's stream, if there is one."""
        return next((stream for stream in self.found if stream.organ == ONE), None)

    def lymph_flow(self) -> float:
        """Return all lymph that reaches the nodes, mm3/day."""
        return sum(stream.nodal_flow for stream in self.found)

    def rates(self) -> NDArray[np.float64]:
        """Return the matrix of all arcs; its diagonal is minus what leaves."""
        return rates_of(self.compartments, self.arcs)


def plasma_streams(
    body: Body, tumour: TumourVessels | None, carrier: Carrier = "plasma"
) -> list[Stream]:
    """Return the streams of plasma (or blood) of a body, with those of a `tumour`.

    Gut and spleen drain to the liver, and lymph is the body's own, whatever a trafficking model of
    cells has.
    """
    organs = {n: OrganTrafficking(blood_to="liver") for n in PORTAL if n in body.organs}
    plain = Trafficking(name=carrier, title="", made_for=body, carrier=carrier, organs=organs)
    return streams(body, plain, tumour)


def plasma_ways(body: Body, tumour: TumourVessels | None) -> Ways:
    """Return the ways of plasma: pools, vessels, interstitium and nodes, and flows in vessels.

    Lymph is not among the flows: how much of a solute it takes is the solute's.
    """
    ways = Ways(body=body, found=plasma_streams(body, tumour))
    share = 1 - body.haematocrit.value
    ways.place("venous", "blood", "vascular", body.venous_volume.value * share)
    ways.place("arterial", "blood", "vascular", body.arterial_volume.value * share)
    ways.place("lymph", "lymph", "tissue", body.lymph_node_volume.value)
    for stream in ways.found:
        ways.place(f"{stream.organ}_vascular", stream.organ, "vascular", stream.vascular_volume)
        if stream.organ != ONE:
            volume = stream.interstitial_volume
            ways.place(f"{stream.organ}_tissue", stream.organ, "tissue", volume)
    ways.place(ELIMINATED, "", "", 0.0)
    if tumour is not None:
        ways.place(ENTERED, "", "", 0.0)
    for stream in ways.found:
        through_vessels(ways, stream)
    return ways


def through_vessels(ways: Ways, stream: Stream) -> None:
    """Add what flows into the vessels of a stream, and on."""
    name = f"{stream.organ}_vascular"
    portal = sum(other.passed_on for other in ways.found if other.target == name)
    ways.flow(stream.source, name, stream.inflow)
    for tumour, flow in stream.to_tumours.items():
        ways.flow(name, f"{tumour}_vascular", flow)
    ways.flow(name, stream.target, portal + stream.passed_on)
