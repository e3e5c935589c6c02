"""Singh et al. 2020 as published: eight organs and a xenograft, without reactions."""

from __future__ import annotations

from typing import NamedTuple

from cartflow.validation.bodies.tumours.flows import Flows

VOLUME = 0.05  # mL of tumour at the start
ENTRY = {"blood": 1.0}
_BLOOD, _NODES, _NODE_FLOW = 0.944, 0.113, 0.14926  # mL, mL, mL/h
_LOSS = 0.0288  # 1/h, in the liver's tissue


class _Organ(NamedTuple):
    flow: float  # mL/h
    lymph: float  # mL/h
    vessels: float  # mL
    tissue: float  # mL
    rate: float  # 1/h


_ORGANS = {
    "lung": _Organ(373.0, 0.0746, 0.0295, 0.0384, 4705.13),
    "spleen": _Organ(8.18, 0.00164, 0.0154, 0.0254, 1799.76),
    "gut": _Organ(75.4, 0.0151, 0.0166, 0.1815, 9.05),
    "liver": _Organ(10.3, 0.00206, 0.164, 0.385, 716.49),
    "kidney": _Organ(68.5, 0.0137, 0.0289, 0.0788, 296.75),
    "brain": _Organ(11.8, 0.00236, 0.0107, 0.0873, 1.4),
    "other": _Organ(192.82, 0.0386, 0.55209, 4.11183, 86.8),
    "tumour": _Organ(6.0, 0.0012, 0.113 * VOLUME, 0.887 * VOLUME, 10.35),
}


def model() -> Flows:
    """Return the publication's equations; cells are given into the blood."""
    found, lung = Flows(), _ORGANS["lung"]
    found.flow("blood", "lung vessels", lung.flow + lung.lymph, _BLOOD)
    through_liver = sum(_ORGANS[o].flow - _ORGANS[o].lymph for o in ("gut", "spleen", "liver"))
    for name, organ in _ORGANS.items():
        if name != "lung":
            found.flow("lung vessels", f"{name} vessels", organ.flow, lung.vessels)
            after = "liver vessels" if name in ("gut", "spleen") else "blood"
            leaving = through_liver if name == "liver" else organ.flow - organ.lymph
            found.flow(f"{name} vessels", after, leaving, organ.vessels)
        found.rate(f"{name} vessels", f"{name} tissue", organ.rate)
        found.flow(f"{name} tissue", "nodes", organ.lymph, organ.tissue)
    found.rate("liver tissue", "lost", _LOSS)
    found.flow("nodes", "blood", _NODE_FLOW, _NODES)
    return found
