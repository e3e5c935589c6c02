"""From body, trafficking model and tumour to compartments and arcs."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.core.outcome import InputError
from cartflow.pbpk.body import CAVITIES, Body
from cartflow.pbpk.flows.arcs import Arcs
from cartflow.pbpk.flows.streams import Stream, carrier_share, lymph_factor, streams
from cartflow.pbpk.scaling import ScalingRule, entry_rate, organ_rate, tumour_rate
from cartflow.pbpk.trafficking import CavityTrafficking, Trafficking
from cartflow.pbpk.tumour import TumourVessels


def body_arcs(
    body: Body,
    trafficking: Trafficking,
    rule: ScalingRule,
    tumour: TumourVessels | None,
    lumped: bool,
    cavities: Sequence[str] = (),
) -> Arcs:
    """Return all compartments and arcs of a body, with a tumour if there is one.

    `cavities` are added to those that the trafficking model or the tumour uses.
    """
    for name in trafficking.organs:
        if name not in body.organs:
            msg = (
                f"trafficking model '{trafficking.name}' has the organ {name}, which body "
                f"'{body.name}' does not tell apart from the rest"
            )
            raise InputError(msg)
    hosts = () if tumour is None else tumour.host
    arcs = Arcs(body=body, trafficking=trafficking, rule=rule, hosts=hosts)
    arcs.found = streams(body, trafficking, tumour)
    _place(arcs, tumour, lumped)
    used = {*trafficking.cavities, *cavities}
    if tumour is not None and tumour.cavity_entry_rate is not None:
        used.add(tumour.cavity)
    for cavity in (name for name in CAVITIES if name in used):
        _cavity(arcs, cavity)
    for stream in arcs.found:
        _vessels(arcs, stream, tumour)
        if stream.organ != "tumour":
            _tissue(arcs, stream)
    if tumour is not None:
        _tumour(arcs, arcs.found[-1], tumour)
    _lymph(arcs, tumour)
    for name in arcs.blood():
        arcs.lost(name, trafficking.blood.elimination_rate)
    return arcs


def _place(arcs: Arcs, tumour: TumourVessels | None, lumped: bool) -> None:
    body, trafficking = arcs.body, arcs.trafficking
    carried = carrier_share(body, trafficking)
    twice = trafficking.blood.pool == "all_blood"
    central = body.blood_volume if twice else body.venous_volume
    arcs.place("venous", "blood", "vascular", central.value * carried)
    arcs.place("arterial", "blood", "vascular", body.arterial_volume.value * carried)
    share, nodes = _node_share(arcs, tumour), body.lymph_node_volume.value
    arcs.place("lymph", "lymph", "tissue", nodes * (1 - share))
    if share and tumour is not None:
        arcs.place("draining_node", tumour.node, "tissue", nodes * share)
    for stream in arcs.found:
        name = stream.organ
        arcs.place(f"{name}_vascular", name, "vascular", stream.vascular_volume)
        if lumped if name == "tumour" else trafficking.organ(name).has_tissue:
            arcs.place(f"{name}_tissue", name, "tissue", stream.interstitial_volume)
    arcs.place("lost", "", "", 0.0)
    arcs.place("handed_over", "", "", 0.0)


def _node_share(arcs: Arcs, tumour: TumourVessels | None) -> float:
    """Return the share of the lymph pool that drains the tumour and its host.

    It is their share of the lymph flow, so that cells stay as long there as in the other nodes.
    """
    if tumour is None or not tumour.node:
        return 0.0
    drained = (*tumour.host, "tumour")
    total = sum(stream.nodal_flow for stream in arcs.found)
    own = sum(stream.nodal_flow for stream in arcs.found if stream.organ in drained)
    return own / total if own < total else 0.0


def _node(arcs: Arcs, organ: str, tumour: TumourVessels | None) -> str:
    """Return the compartment that takes an organ's lymph."""
    own = tumour is not None and organ in (*tumour.host, "tumour")
    return "draining_node" if own and "draining_node" in arcs.compartments else "lymph"


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


def _vessels(arcs: Arcs, stream: Stream, tumour: TumourVessels | None) -> None:
    name = f"{stream.organ}_vascular"
    portal = sum(other.passed_on for other in arcs.found if other.target == name)
    arcs.arc(stream.source, name, stream.inflow / arcs.compartments[stream.source].volume)
    if stream.to_tumour:
        arcs.arc(name, "tumour_vascular", stream.to_tumour / stream.vascular_volume)
    if stream.organ == "tumour" and _keeps_all(arcs, tumour):
        return
    arcs.arc(name, stream.target, (portal + stream.passed_on) / stream.vascular_volume)


def _keeps_all(arcs: Arcs, tumour: TumourVessels | None) -> bool:
    """Return whether no cell that enters the tumour's vessels flows on."""
    own = arcs.trafficking.tumour
    brain = arcs.trafficking.organ("brain").transmigration_rate
    barrier = tumour is not None and "brain" in tumour.host and brain is not None
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
            msg = f"tumour: its host {host} has no tissue in trafficking model '{trafficking.name}'"
            raise InputError(msg)
    given = tumour.egress_rate
    by_lymph = stream.lymph_flow / (stream.extravascular_volume * tumour.retention.value)
    arcs.egress_rate = by_lymph if given is None else given.value
    inside = "tumour_tissue" in arcs.compartments
    target = "tumour_tissue" if inside else "handed_over"
    if tumour.cavity_entry_rate is not None:
        arcs.arc(f"{tumour.cavity}_cavity", target, tumour.cavity_entry_rate.value)
    if own is not None and own.blood_entry_rate is not None:
        arcs.from_blood(target, own.blood_entry_rate)
    elif own is not None or tumour.cavity_entry_rate is None:
        rate = tumour_rate(arcs.body, trafficking, arcs.rule, tumour)
        arcs.arc("tumour_vascular", target, rate.value)


def _lymph(arcs: Arcs, tumour: TumourVessels | None) -> None:
    nodes = arcs.trafficking.lymph
    for stream in arcs.found:
        _way_back(arcs, stream, tumour)
    flow = sum(stream.nodal_flow for stream in arcs.found)
    total = arcs.body.lymph_node_volume.value
    retention = 1.0 if nodes.retention is None else nodes.retention.value
    rate = flow / (total * retention) if nodes.exit_rate is None else nodes.exit_rate.value
    for name in ("lymph", "draining_node"):
        if name in arcs.compartments:
            arcs.arc(name, "venous", rate)
            arcs.lost(name, nodes.elimination_rate)
            arcs.from_blood(name, nodes.blood_entry_rate, arcs.compartments[name].volume / total)


def _way_back(arcs: Arcs, stream: Stream, tumour: TumourVessels | None) -> None:
    """Add the way out of an organ's tissue, to its node or with the blood that leaves."""
    name, ways = stream.organ, arcs.trafficking.organ(stream.organ)
    tissue = f"{name}_tissue"
    if tissue not in arcs.compartments:
        return
    if name == "tumour":
        arcs.arc(tissue, _node(arcs, name, tumour), arcs.egress_rate)
        return
    flow = stream.lymph_flow - _by_cavity(arcs, stream)
    retention = 1.0 if ways.retention is None else ways.retention.value
    rate = flow / (stream.extravascular_volume * retention)
    rate = rate if ways.exit_rate is None else ways.exit_rate.value
    target = stream.target if stream.lymph_returns else _node(arcs, name, tumour)
    arcs.arc(tissue, target, rate)


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
