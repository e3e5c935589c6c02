"""Routes: where in the body a dose of cells begins."""

from __future__ import annotations

from cartflow.pbpk.flows.arcs import Arcs

# An artery that a catheter reaches, and the organ that it feeds.
ARTERIES = {"hepatic_artery": "liver", "carotid_artery": "brain"}
# The route to a tumour's own vessels.
ARTERY = "tumour_artery"
# A cavity that a needle reaches.
CAVITY_ROUTES = {"intrapleural": "pleura", "intraventricular": "csf"}

# Where a tumour must be for a route to be meant for it; other routes suit every host.
HOSTS_OF_ROUTES = {
    "hepatic_artery": ("liver",),
    "portal_vein": ("liver",),
    "carotid_artery": ("brain",),
    "intrapleural": ("pleura", "lung"),
    "intraventricular": ("brain",),
}


def entries(arcs: Arcs) -> dict[str, dict[str, float]]:
    """Return, for each route, the share of a dose that each compartment gets.

    Cells given into an artery, or into the portal vein, go to the vessels that it feeds, those of
    a tumour in that organ among them, in proportion to their blood flow: the first pass; those
    given into the tumour's own artery all go to its vessels. They sum to one.
    """
    found = {"intravenous": {"venous": 1.0}}
    for name in arcs.tumours:
        found[artery_of(name)] = {f"{name}_vascular": 1.0}
    portal = sum(s.passed_on + s.to_tumour for s in arcs.found if s.target == "liver_vascular")
    if portal > 0:
        share = sum(stream.portal_flow for stream in arcs.found) / portal
        found["portal_vein"] = {"liver_vascular": 1 - share}
        for stream in arcs.found:
            if stream.portal_flow:
                found["portal_vein"][f"{stream.organ}_vascular"] = stream.portal_flow / portal
    for route, organ in ARTERIES.items():
        shares = _fed_by_artery(arcs, organ)
        if shares:
            found[route] = shares
    for route, cavity in CAVITY_ROUTES.items():
        if f"{cavity}_cavity" in arcs.compartments:
            found[route] = {f"{cavity}_cavity": 1.0}
    return found


def artery_of(tumour: str) -> str:
    """Return the route into the artery of a tumour, by the name of its stream."""
    return f"{ARTERY}{tumour.removeprefix('tumour')}"


def _fed_by_artery(arcs: Arcs, organ: str) -> dict[str, float]:
    flows = {
        f"{stream.organ}_vascular": stream.inflow
        for stream in arcs.found
        if stream.organ in (organ, *arcs.hosted_by(organ))
    }
    if f"{organ}_vascular" not in flows:
        return {}
    total = sum(flows.values())
    return {name: flow / total for name, flow in flows.items()}
