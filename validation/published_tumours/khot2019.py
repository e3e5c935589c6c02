"""Khot et al. 2019 as published: fifteen tissues, three nodes and a tumour in the flank.

What the publication leaves open is read as its drawn fit asks for: "extravascular" is the tissue
less its vessels, lymph is the plasma flow / 500 (liver: arterial and portal), and cells are lost
in the lung's tissue at 0.332 per hour.
"""

from __future__ import annotations

from typing import NamedTuple

from cartflow.validation.published_tumours.flows import Flows

VOLUME, TUMOUR_FLOW, TUMOUR_RATE = 0.45, 6.0, 0.6  # mL, mL/h of blood, 1/h
TUMOUR_VESSELS = 0.07 * VOLUME  # fraction of Shah and Betts 2012
ENTRY = {"blood": 1.0}
HAEMATOCRIT = 0.45
_PER_LYMPH = 500.0
_BLOOD, _NODE, _LOSS = 0.944 + 0.773, 0.113 / 3, 0.332  # mL, mL, 1/h
_LIVER_LYMPH = 0.200  # mL/h


class _Organ(NamedTuple):
    volume: float  # mL
    vessels: float  # mL of plasma and of blood cells
    plasma_flow: float  # mL/h
    blood_flow: float  # mL/h
    rate: float  # 1/h
    retention: float = 1.0


_ORGANS = {
    "lung": _Organ(0.204, 0.0295 + 0.0241, 373.0, 678.0, 1843.0),
    "heart": _Organ(0.152, 0.00585 + 0.00479, 36.5, 66.4, 34.9),
    "muscle": _Organ(11.32, 0.249 + 0.204, 86.1, 156.6, 0.5),
    "skin": _Organ(5.03, 0.188 + 0.154, 27.8, 50.6, 0.6),
    "adipose": _Organ(1.99, 0.0218 + 0.0178, 13.4, 24.4, 1.6),
    "bone": _Organ(2.82, 0.0621 + 0.0508, 15.2, 27.6, 82.6),
    "brain": _Organ(0.485, 0.0107 + 0.00873, 11.8, 21.44, 1.4),
    "kidney": _Organ(0.525, 0.0289 + 0.0236, 68.5, 124.6, 87.3, 3.9),
    "liver": _Organ(1.92, 0.164 + 0.134, 10.3, 18.7, 126.9, 2.5),
    "small intestine": _Organ(0.729, 0.0116 + 0.0095, 58.1, 105.6, 12.9),
    "large intestine": _Organ(0.313, 0.005 + 0.00409, 17.3, 31.4, 5.2),
    "pancreas": _Organ(0.097, 0.00534 + 0.00437, 6.24, 11.34, 10.0),
    "spleen": _Organ(0.127, 0.0154 + 0.0126, 8.18, 14.88, 114.0, 9.8),
}
_OTHER = (0.466 + 0.009, 0.0195 + 0.016 + 0.0009, 12.54 + 1.19, 86.8)  # with the thymus
_PORTAL = ("small intestine", "large intestine", "pancreas", "spleen")
_TO_NODES = ("bone", "muscle")  # half to each inguinal node


def model() -> Flows:
    """Return the publication's equations; cells are given into the blood."""
    organs = _organs()
    lymph = {name: organ.plasma_flow / _PER_LYMPH for name, organ in organs.items()}
    lymph["liver"] = _LIVER_LYMPH
    found, lung = Flows(), organs["lung"]
    found.flow("blood", "lung vessels", lung.blood_flow + lymph["lung"], _BLOOD)
    found.rate("lung tissue", "lost", _LOSS)
    portal = sum(organs[o].blood_flow - lymph[o] for o in _PORTAL)
    for name, organ in organs.items():
        vessels, leaving = f"{name} vessels", organ.blood_flow - lymph[name]
        if name != "lung":
            found.flow("lung vessels", vessels, organ.blood_flow, lung.vessels)
            after = "liver vessels" if name in _PORTAL else "blood"
            extra = portal if name == "liver" else 0.0
            found.flow(vessels, after, leaving + extra, organ.vessels)
        found.rate(vessels, f"{name} tissue", organ.rate)
        tissue = (organ.volume - organ.vessels) * organ.retention
        for node, share in _drains(name):
            found.flow(f"{name} tissue", node, share * lymph[name], tissue)
    half = 0.5 * sum(lymph[name] for name in _TO_NODES)
    found.flow("tumour node", "nodes", half + lymph["tumour"], _NODE)
    found.flow("other node", "nodes", half, _NODE)
    found.flow("nodes", "blood", sum(lymph.values()), _NODE)
    return found


def _organs() -> dict[str, _Organ]:
    """Return all organs: the tumour, and others with the blood flow that closes."""
    plasma = TUMOUR_FLOW * (1 - HAEMATOCRIT)
    tumour = _Organ(VOLUME, TUMOUR_VESSELS, plasma, TUMOUR_FLOW, TUMOUR_RATE)
    known = sum(o.blood_flow for name, o in _ORGANS.items() if name != "lung") + TUMOUR_FLOW
    volume, vessels, other_plasma, rate = _OTHER
    other = _Organ(volume, vessels, other_plasma, _ORGANS["lung"].blood_flow - known, rate)
    return {**_ORGANS, "other": other, "tumour": tumour}


def _drains(name: str) -> tuple[tuple[str, float], ...]:
    if name in _TO_NODES:
        return (("tumour node", 0.5), ("other node", 0.5))
    return (("tumour node" if name == "tumour" else "nodes", 1.0),)
