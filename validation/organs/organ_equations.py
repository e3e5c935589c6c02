"""The organs' equations written down once more, compartment by compartment, from body and model.

They share no code with the assembly of arcs in `pbpk/`: concentrations and flows in, the rate
of change out. Only the numbers of body and trafficking model are read from the same files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from cartflow.pbpk.body import Body
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels

Array = np.ndarray


def rate_matrix(
    body: Body, model: Trafficking, tumour: TumourVessels, names: tuple[str, ...]
) -> Array:
    """Return M (1/day) of dA/dt = M A for the compartments `names`, one column at a time."""
    columns = []
    for name in names:
        change = derivative(body, model, tumour, {name: 1.0})
        columns.append([change[other] for other in names])
    return np.array(columns).T


def derivative(
    body: Body, model: Trafficking, tumour: TumourVessels, cells: Mapping[str, float]
) -> Mapping[str, float]:
    """Return the change (cells/day) of every compartment that holds `cells`, tumour lumped.

    Vessels: Q C_in - (Q - L) C_v - J A_v; tissue: J A_v - L A_e/(V_e R) - k A_e; the nodes
    gather every L A_e/(V_e R) and pass the sum of L on to the veins, that of tumour and hosts
    through a node of their own if the tumour's is called ``draining_node``. Of what leaves gut and
    spleen for the liver, the tumour's portal part goes to its vessels instead.
    """
    a = defaultdict(float, cells)
    change: dict[str, float] = defaultdict(float)
    carried = 1.0 if model.carrier == "blood" else 1.0 - body.haematocrit.value
    arterial = a["arterial"] / (body.arterial_volume.value * carried)
    pool = body.blood_volume if model.blood.pool == "all_blood" else body.venous_volume
    venous = a["venous"] / (pool.value * carried)
    organs = _flows(body, model, tumour, carried)
    total_lymph = sum(lymph for _, lymph, *_ in organs.values())
    portal = {n for n in organs if n != "tumour" and model.organ(n).blood_to == "liver"}
    by_vein = organs["tumour"][0] * _portal(tumour)
    cardiac = sum(blood for name, (blood, *_) in organs.items() if name != "lung") - by_vein
    given = sum(organs[n][0] - organs[n][1] for n in portal)
    diverted = by_vein / given if by_vein else 0.0
    near = (*tumour.host, "tumour") if tumour.node == "draining_node" else ()
    for name, (blood, lymph, vessels, emptied) in organs.items():
        density = a[f"{name}_vascular"] / vessels
        if name == "lung":
            entering, leaving = (cardiac + lymph) * venous, cardiac * density
            change["venous"] -= entering
            change["arterial"] += leaving
        else:
            entering = (blood - by_vein if name == "tumour" else blood) * arterial
            leaving = (blood - lymph) * density
            change["arterial"] -= entering
            if name == "liver":
                leaving += given * (1.0 - diverted) * density
            if name in portal:
                change["tumour_vascular"] += diverted * leaving
                change["liver_vascular"] += (1.0 - diverted) * leaving
            else:
                change["venous"] += leaving
        captured = _rate(body, model, tumour, name) * a[f"{name}_vascular"]
        retention, loss = _ways(model, tumour, name)
        drained = lymph * a[f"{name}_tissue"] / (emptied * retention)
        lost = loss * a[f"{name}_tissue"]
        change[f"{name}_vascular"] += entering - leaving - captured
        change[f"{name}_tissue"] += captured - drained - lost
        change["draining_node" if name in near else "lymph"] += drained
        change["lost"] += lost
    # The tumour's own node has the share of the nodes' volume that it has of their flow.
    returned = total_lymph / body.lymph_node_volume.value
    for node in ("lymph", "draining_node"):
        change[node] -= returned * a[node]
        change["venous"] += returned * a[node]
    return change


def residence_time(body: Body, model: Trafficking, tumour: TumourVessels, organ: str) -> float:
    """Return the mean stay in an organ's tissue, 1/(L/(V_e R) + k), in days."""
    _, lymph, _, emptied = _flows(body, model, tumour, 1.0)[organ]
    retention, loss = _ways(model, tumour, organ)
    return float(1.0 / (lymph / (emptied * retention) + loss))


def _flows(
    body: Body, model: Trafficking, tumour: TumourVessels, carried: float
) -> dict[str, tuple[float, float, float, float]]:
    """Return blood flow, lymph flow, vessels and V_e of every organ and the tumour."""
    general = 1.0 if model.lymph_flow_factor is None else model.lymph_flow_factor.value
    found = {}
    for name, organ in body.organs.items():
        own = model.organ(name).lymph_flow_factor
        lymph = organ.lymph_flow.value * (general if own is None else own.value)
        inner = organ.interstitial_volume.value
        whole = organ.volume.value - organ.vascular_volume.value
        found[name] = (
            organ.blood_flow.value * carried,
            lymph,
            organ.vascular_volume.value * carried,
            whole if model.extravascular_volume == "tissue_less_vessels" else inner,
        )
    plasma = tumour.volume * tumour.plasma_flow.value
    blood = plasma / (1.0 - body.haematocrit.value) * carried
    lymph = plasma * tumour.lymph_fraction.value * general
    artery = blood * (1.0 - _portal(tumour))
    hosts_blood = sum(found[h][0] for h in tumour.host)
    hosts_lymph = sum(found[h][1] for h in tumour.host)
    for host in tumour.host:
        flow, drained, vessels, emptied = found[host]
        flow -= artery * flow / hosts_blood
        drained -= lymph * drained / hosts_lymph
        found[host] = (flow, drained, vessels, emptied)
    found["tumour"] = (
        blood,
        lymph,
        tumour.volume * tumour.vascular_fraction.value * carried,
        tumour.volume * tumour.interstitial_fraction.value,
    )
    return found


def _portal(tumour: TumourVessels) -> float:
    """Return the share of the tumour's blood that comes by the portal vein."""
    return 0.0 if tumour.portal_share is None else tumour.portal_share.value


def _rate(body: Body, model: Trafficking, tumour: TumourVessels, name: str) -> float:
    """Return J in `body`: the published one times the ratio of Q/V of the vessels."""
    if name == "tumour":
        published = model.tumour
        assert published is not None
        assert published.blood_flow is not None
        assert published.vascular_volume is not None
        assert published.transmigration_rate is not None
        there = published.blood_flow.value / published.vascular_volume.value
        plasma = tumour.plasma_flow.value / tumour.vascular_fraction.value
        here = plasma / (1.0 - body.haematocrit.value)
        return published.transmigration_rate.value * here / there
    ways = model.organ(name)
    assert ways.transmigration_rate is not None
    here, there = _turnover(body, model, name), _turnover(model.made_for, model, name)
    return ways.transmigration_rate.value * here / there


def _turnover(body: Body, model: Trafficking, name: str) -> float:
    blood = body.organs[name].blood_flow.value
    if name == "liver":
        gives = [n for n in body.organs if model.organ(n).blood_to == "liver"]
        blood += sum(body.organs[n].blood_flow.value for n in gives)
    return blood / body.organs[name].vascular_volume.value


def _ways(model: Trafficking, tumour: TumourVessels, name: str) -> tuple[float, float]:
    """Return retention and elimination rate of a tissue."""
    if name == "tumour":
        return tumour.retention.value, 0.0
    ways = model.organ(name)
    retention = 1.0 if ways.retention is None else ways.retention.value
    loss = 0.0 if ways.elimination_rate is None else ways.elimination_rate.value
    return retention, loss
