"""From body, trafficking model and tumour to compartments and arcs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cartflow.core.outcome import InputError
from cartflow.pbpk.body import CAVITIES, Body
from cartflow.pbpk.flows.arcs import Arcs
from cartflow.pbpk.flows.nodes import node_name, node_shares
from cartflow.pbpk.flows.streams import Stream, carrier_share, lymph_factor, streams
from cartflow.pbpk.scaling import ScalingRule, entry_rate, organ_rate, tumour_rate
from cartflow.pbpk.trafficking import CavityTrafficking, Trafficking
from cartflow.pbpk.tumour import ONE, TumourVessels, key_of


def body_arcs(
    body: Body,
    trafficking: Trafficking,
    rule: ScalingRule,
    tumours: Mapping[str, TumourVessels],
    lumped: bool,
    cavities: Sequence[str] = (),
) -> Arcs:
    """Return all compartments and arcs of a body with some tumours, by the names of their streams.

    `cavities` are added to those that the trafficking model or a tumour uses.
    """
    for name in trafficking.organs:
        if name not in body.organs:
            msg = (
                f"trafficking model '{trafficking.name}' has the organ {name}, which body "
                f"'{body.name}' does not tell apart from the rest"
            )
            raise InputError(msg)
    arcs = Arcs(body=body, trafficking=trafficking, rule=rule, tumours=tumours)
    arcs.found = streams(body, trafficking, tumours)
    _place(arcs, lumped)
    entered = (each.cavity for each in tumours.values() if each.cavity_entry_rate is not None)
    used = {*trafficking.cavities, *cavities, *entered}
    for cavity in (name for name in CAVITIES if name in used):
        _cavity(arcs, cavity)
    for stream in arcs.found:
        _vessels(arcs, stream)
        if stream.organ not in tumours:
            _tissue(arcs, stream)
    for stream in arcs.found:
        if stream.organ in tumours:
            _tumour(arcs, stream, tumours[stream.organ])
    _lymph(arcs)
    for name in arcs.blood():
        arcs.lost(name, trafficking.blood.elimination_rate)
    return arcs


def handed_by(tumour: str) -> str:
    """Return the compartment that gathers what a tumour's vessels give, by its stream's name."""
    return f"handed_over{tumour.removeprefix(ONE)}"


def _place(arcs: Arcs, lumped: bool) -> None:
    body, trafficking = arcs.body, arcs.trafficking
    carried = carrier_share(body, trafficking)
    twice = trafficking.blood.pool == "all_blood"
    central = body.blood_volume if twice else body.venous_volume
    arcs.place("venous", "blood", "vascular", central.value * carried)
    arcs.place("arterial", "blood", "vascular", body.arterial_volume.value * carried)
    shares, nodes = node_shares(arcs), body.lymph_node_volume.value
    arcs.place("lymph", "lymph", "tissue", nodes * (1 - sum(shares.values())))
    for place, share in shares.items():
        arcs.place(place, node_name(arcs, place), "tissue", nodes * share)
    for stream in arcs.found:
        name = stream.organ
        arcs.place(f"{name}_vascular", name, "vascular", stream.vascular_volume)
        if lumped if name in arcs.tumours else trafficking.organ(name).has_tissue:
            arcs.place(f"{name}_tissue", name, "tissue", stream.interstitial_volume)
    arcs.place("lost", "", "", 0.0)
    for name in arcs.tumours or (ONE,):
        arcs.place(handed_by(name), "", "", 0.0)


def _cavity(arcs: Arcs, name: str) -> None:
    """Add a cavity beside its organ: what enters, and what its lymph takes to the nodes."""
    body, organ = arcs.body, CAVITIES[name]
    ways = arcs.trafficking.cavities.get(name, CavityTrafficking())
    if name not in body.cavities:
        known = ", ".join(body.cavities) or "none"
        msg = f"body '{body.name}' has no cavity '{name}'; it has: {known}"
        raise InputError(msg)
    flow = cavity_flow(arcs, name)
    volume = body.cavities[name].volume.value
    retention = 1.0 if ways.retention is None else ways.retention.value
    arcs.place(f"{name}_cavity", name, "cavity", volume)
    arcs.arc(f"{name}_cavity", "lymph", flow / (volume * retention))
    arcs.lost(f"{name}_cavity", ways.elimination_rate)
    if ways.entry_rate is None:
        return
    if f"{organ}_tissue" not in arcs.compartments:
        msg = f"trafficking model '{arcs.trafficking.name}': cavities.{name}: {organ} has no tissue"
        raise InputError(msg)
    scaled = entry_rate(ways.entry_rate, body, arcs.trafficking, arcs.rule)
    arcs.arc(f"{organ}_tissue", f"{name}_cavity", scaled.value)


def cavity_flow(arcs: Arcs, name: str) -> float:
    """Return the flow that drains a cavity, mm3/day, with the model's lymph factor."""
    factor = lymph_factor(arcs.trafficking, CAVITIES[name])
    return arcs.body.cavities[name].lymph_flow.value * factor


def _vessels(arcs: Arcs, stream: Stream) -> None:
    name = f"{stream.organ}_vascular"
    portal = sum(other.passed_on for other in arcs.found if other.target == name)
    arcs.arc(stream.source, name, stream.inflow / arcs.compartments[stream.source].volume)
    for tumour, flow in stream.to_tumours.items():
        arcs.arc(name, f"{tumour}_vascular", flow / stream.vascular_volume)
    if stream.organ in arcs.tumours and _keeps_all(arcs, arcs.tumours[stream.organ]):
        return
    arcs.arc(name, stream.target, (portal + stream.passed_on) / stream.vascular_volume)


def _keeps_all(arcs: Arcs, tumour: TumourVessels) -> bool:
    """Return whether no cell that enters the tumour's vessels flows on."""
    own = arcs.trafficking.tumour
    brain = arcs.trafficking.organ("brain").transmigration_rate
    barrier = "brain" in tumour.host and brain is not None
    return own is not None and own.capture is not None and own.capture.value == 1 and not barrier


def _tissue(arcs: Arcs, stream: Stream) -> None:
    name, ways = stream.organ, arcs.trafficking.organ(stream.organ)
    if not ways.has_tissue:
        return
    tissue = f"{name}_tissue"
    rate = organ_rate(arcs.body, arcs.trafficking, arcs.rule, name)
    if rate is not None:
        arcs.arc(f"{name}_vascular", tissue, rate.value)
    arcs.from_blood(tissue, ways.blood_entry_rate)
    arcs.lost(tissue, ways.elimination_rate)
    # The way back is added in `_lymph`, once the nodes are known.


def _tumour(arcs: Arcs, stream: Stream, tumour: TumourVessels) -> None:
    trafficking, own = arcs.trafficking, arcs.trafficking.tumour
    by_vessels = own is None or own.transmigration_rate is not None
    for host in tumour.host:
        if by_vessels and not trafficking.organ(host).has_tissue:
            key = key_of(stream.organ)
            msg = f"{key}: its host {host} has no tissue in trafficking model '{trafficking.name}'"
            raise InputError(msg)
    arcs.egress_rates[stream.organ] = egress_rate(stream, tumour)
    tissue = f"{stream.organ}_tissue"
    target = tissue if tissue in arcs.compartments else handed_by(stream.organ)
    if tumour.cavity_entry_rate is not None:
        arcs.arc(f"{tumour.cavity}_cavity", target, tumour.cavity_entry_rate.value)
    if own is not None and own.blood_entry_rate is not None:
        arcs.from_blood(target, own.blood_entry_rate)
    elif own is not None or tumour.cavity_entry_rate is None:
        rate = tumour_rate(arcs.body, trafficking, arcs.rule, tumour)
        arcs.arc(f"{stream.organ}_vascular", target, rate.value)


def egress_rate(stream: Stream, tumour: TumourVessels) -> float:
    """Return lymph flow / (interstitial volume x retention) of a tumour, or what is given, 1/day.

    It is the one number that its retention goes into, unless its tissue is lumped.
    """
    if tumour.egress_rate is not None:
        return tumour.egress_rate.value
    return stream.lymph_flow / (stream.extravascular_volume * tumour.retention.value)


def _lymph(arcs: Arcs) -> None:
    nodes = arcs.trafficking.lymph
    for stream in arcs.found:
        _way_back(arcs, stream)
    flow = sum(stream.nodal_flow for stream in arcs.found)
    total = arcs.body.lymph_node_volume.value
    retention = 1.0 if nodes.retention is None else nodes.retention.value
    rate = flow / (total * retention) if nodes.exit_rate is None else nodes.exit_rate.value
    for name in ("lymph", *dict.fromkeys(arcs.nodes.values())):
        arcs.arc(name, "venous", rate)
        arcs.lost(name, nodes.elimination_rate)
        arcs.from_blood(name, nodes.blood_entry_rate, arcs.compartments[name].volume / total)


def _way_back(arcs: Arcs, stream: Stream) -> None:
    """Add the way out of an organ's tissue, to its node or with the blood that leaves."""
    name, ways = stream.organ, arcs.trafficking.organ(stream.organ)
    tissue = f"{name}_tissue"
    if tissue not in arcs.compartments:
        return
    node = arcs.nodes.get(name, "lymph")
    if name in arcs.tumours:
        arcs.arc(tissue, node, arcs.egress_rates[name])
        return
    flow = stream.lymph_flow - _by_cavity(arcs, stream)
    retention = 1.0 if ways.retention is None else ways.retention.value
    rate = flow / (stream.extravascular_volume * retention)
    rate = rate if ways.exit_rate is None else ways.exit_rate.value
    arcs.arc(tissue, stream.target if stream.lymph_returns else node, rate)


def _by_cavity(arcs: Arcs, stream: Stream) -> float:
    """Return the part of an organ's lymph that goes by its cavity, mm3/day."""
    ways = arcs.trafficking.cavities
    taken = [
        cavity_flow(arcs, name)
        for name, organ in CAVITIES.items()
        if organ == stream.organ and name in ways and ways[name].entry_rate is not None
    ]
    if sum(taken) > stream.lymph_flow:
        msg = (
            f"body '{arcs.body.name}': the cavity of the {stream.organ} drains more than the "
            f"{stream.organ} has lymph"
        )
        raise InputError(msg)
    return sum(taken)
