"""The nodes that drain tumours and their hosts, counted apart from the other nodes."""

from __future__ import annotations

from cartflow.core.outcome import InputError
from cartflow.pbpk.flows.arcs import Arcs
from cartflow.pbpk.tumour import ONE, key_of

_NODE = "draining_node"


def node_shares(arcs: Arcs) -> dict[str, float]:
    """Return the share of the lymph pool of each node that is apart, by compartment.

    It drains a host with the tumours in it; the share is theirs of the lymph flow, so that cells
    stay as long there as in the other nodes. Fills the `nodes` of `arcs`. Raises `InputError`.
    """
    total = sum(stream.nodal_flow for stream in arcs.found)
    shares = {}
    for place, tumours in _by_host(arcs).items():
        drained = {*arcs.tumours[tumours[0]].host, *tumours}
        own = sum(stream.nodal_flow for stream in arcs.found if stream.organ in drained)
        if own < total:
            shares[place] = own / total
            arcs.nodes |= dict.fromkeys(drained, place)
    return shares


def node_name(arcs: Arcs, place: str) -> str:
    """Return the name of the node that a compartment is."""
    named = {each.node for each in arcs.tumours.values() if each.node}
    first = next(
        name for name, node in arcs.nodes.items() if node == place and name in arcs.tumours
    )
    node = arcs.tumours[first].node
    hosts = {each.host for each in arcs.tumours.values() if each.node == node}
    return node if len(named) == 1 or len(hosts) == 1 else f"{node}{first.removeprefix(ONE)}"


def _by_host(arcs: Arcs) -> dict[str, list[str]]:
    """Return the tumours of each node by its compartment, which is named by the first of them."""
    found: dict[str, list[str]] = {}
    for name, tumour in arcs.tumours.items():
        if not tumour.node:
            continue
        for other, vessels in arcs.tumours.items():
            shared = set(tumour.host) & set(vessels.host)
            if shared and (tumour.host, tumour.node) != (vessels.host, vessels.node):
                msg = (
                    f"{key_of(name)}.own_node: {key_of(other)} shares its host {min(shared)}, "
                    "whose lymph goes to one node; say it of both, with the same host"
                )
                raise InputError(msg)
        same = (p for p, those in found.items() if arcs.tumours[those[0]].host == tumour.host)
        found.setdefault(next(same, f"{_NODE}{name.removeprefix(ONE)}"), []).append(name)
    return found if len(found) != 1 else {_NODE: next(iter(found.values()))}
