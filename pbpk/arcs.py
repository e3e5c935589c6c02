"""The arcs of the organ network: first-order rates from one compartment to another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cartflow.outcome import InputError
from cartflow.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.compartments import Compartment, Space
from cartflow.pbpk.scaling import organ_rate, tumour_rate
from cartflow.pbpk.streams import Stream, carrier_share, streams
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels


@dataclass(kw_only=True)
class Arcs:
    """Compartments and arcs while a network is put together."""

    compartments: dict[str, Compartment] = field(default_factory=dict)
    arcs: list[tuple[str, str, float]] = field(default_factory=list)
    egress_rate: float = 0.0

    def place(self, name: str, organ: str, space: Space, volume: float) -> None:
        """Add a compartment."""
        self.compartments[name] = Compartment(name=name, organ=organ, space=space, volume=volume)

    def arc(self, source: str, target: str, rate: float) -> None:
        """Add an arc of `rate` 1/day."""
        self.arcs.append((source, target, rate))

    def rates(self) -> NDArray[np.float64]:
        """Return the matrix of all arcs; its diagonal is minus what leaves."""
        place = {name: number for number, name in enumerate(self.compartments)}
        matrix = np.zeros((len(place), len(place)))
        for source, target, rate in self.arcs:
            matrix[place[target], place[source]] += rate
        np.fill_diagonal(matrix, -matrix.sum(axis=0))
        return matrix


def body_arcs(
    body: Body,
    trafficking: Trafficking,
    scaling: str,
    tumour: TumourVessels | None,
    lumped: bool,
) -> Arcs:
    """Return all compartments and arcs of a body, with a tumour if there is one."""
    carried = carrier_share(body, trafficking)
    found = streams(body, trafficking, tumour)
    arcs = Arcs()
    arcs.place("venous", "blood", "vascular", body.venous_volume.value * carried)
    arcs.place("arterial", "blood", "vascular", body.arterial_volume.value * carried)
    arcs.place("lymph", "lymph", "tissue", body.lymph_node_volume.value)
    for stream in found:
        name = stream.organ
        arcs.place(f"{name}_vascular", name, "vascular", stream.vascular_volume)
        has_tissue = (
            lumped if name == "tumour" else trafficking.organ(name).transmigration_rate is not None
        )
        if has_tissue:
            arcs.place(f"{name}_tissue", name, "tissue", stream.interstitial_volume)
    arcs.place("lost", "", "", 0.0)
    arcs.place("handed_over", "", "", 0.0)
    for stream in found:
        _vessels(arcs, stream, found)
        if stream.organ != "tumour":
            _tissue(arcs, stream, trafficking, organ_rate(body, trafficking, scaling, stream.organ))
    if tumour is not None:
        _tumour(
            arcs, found[-1], trafficking, tumour, tumour_rate(body, trafficking, scaling, tumour)
        )
    _lymph(arcs, found, trafficking)
    return arcs


def _vessels(arcs: Arcs, stream: Stream, found: list[Stream]) -> None:
    name = f"{stream.organ}_vascular"
    portal = sum(other.passed_on for other in found if other.target == name)
    arcs.arc(stream.source, name, stream.inflow / arcs.compartments[stream.source].volume)
    arcs.arc(name, stream.target, (portal + stream.passed_on) / stream.vascular_volume)


def _tissue(arcs: Arcs, stream: Stream, trafficking: Trafficking, rate: Parameter | None) -> None:
    if rate is None:
        return
    name, ways = stream.organ, trafficking.organ(stream.organ)
    tissue = f"{name}_tissue"
    retention = 1.0 if ways.retention is None else ways.retention.value
    way_out = stream.target if stream.lymph_returns else "lymph"
    arcs.arc(f"{name}_vascular", tissue, rate.value)
    arcs.arc(tissue, way_out, stream.lymph_flow / (stream.interstitial_volume * retention))
    if ways.elimination_rate is not None:
        arcs.arc(tissue, "lost", ways.elimination_rate.value)


def _tumour(
    arcs: Arcs,
    stream: Stream,
    trafficking: Trafficking,
    tumour: TumourVessels,
    rate: Parameter,
) -> None:
    for host in tumour.host:
        if trafficking.organ(host).transmigration_rate is None:
            msg = f"tumour: its host {host} has no tissue in trafficking model '{trafficking.name}'"
            raise InputError(msg)
    arcs.egress_rate = stream.lymph_flow / (stream.interstitial_volume * tumour.retention.value)
    if "tumour_tissue" in arcs.compartments:
        arcs.arc("tumour_vascular", "tumour_tissue", rate.value)
        arcs.arc("tumour_tissue", "lymph", arcs.egress_rate)
    else:
        arcs.arc("tumour_vascular", "handed_over", rate.value)


def _lymph(arcs: Arcs, found: list[Stream], trafficking: Trafficking) -> None:
    nodes = trafficking.lymph
    retention = 1.0 if nodes.retention is None else nodes.retention.value
    flow = sum(stream.nodal_flow for stream in found)
    arcs.arc("lymph", "venous", flow / (arcs.compartments["lymph"].volume * retention))
    if nodes.elimination_rate is not None:
        arcs.arc("lymph", "lost", nodes.elimination_rate.value)
    if nodes.blood_entry_rate is not None:
        for pool in ("venous", "arterial"):
            arcs.arc(pool, "lymph", nodes.blood_entry_rate.value)
