"""Tsai et al. 2022, liver model, as published: six organs and a liver tumour, without reactions."""

from __future__ import annotations

from cartflow.validation.bodies.tumours.flows import Flows

_CELLS, _CELL, _VESSELS, _TISSUE = 2.5e8, 518.3e-12, 0.15, 0.2  # cells, mL, fractions of volume
VOLUME = _CELLS * _CELL / (1 - _VESSELS - _TISSUE)  # mL
_OUTPUT, _POOL, _NODES, _NODE_FLOW = 678.0, 0.8585, 0.113, 1.65
_LUNG_LYMPH, _LUNG_VESSELS, _LUNG_TISSUE, _LUNG_RATE, _LOSS = 0.746, 0.0536, 0.0384, 1843.0, 0.84
_RETENTION, _SPLEEN_RETENTION = 2.5, 9.8
_LIVER, _LIVER_LYMPH, _LIVER_VESSELS, _LIVER_TISSUE, _LIVER_RATE = 18.7, 0.1874, 0.298, 0.385, 126.9
_GUT, _GUT_LYMPH, _GUT_VESSELS, _GUT_TISSUE, _GUT_RATE = 137.0, 0.1508, 0.03019, 0.1815, 18.1
_SPLEEN, _SPLEEN_LYMPH, _SPLEEN_VESSELS, _SPLEEN_TISSUE = 14.88, 0.01636, 0.028, 0.0254
_SPLEEN_RATE = 114.0
_OTHER, _OTHER_LYMPH, _OTHER_VESSELS, _OTHER_TISSUE, _OTHER_RATE = 507.42, 0.549, 1.076, 4.278, 16.7
_BY_ARTERY, _BY_GUT, _BY_SPLEEN, _TUMOUR_LYMPH = 2.0, 14.5, 1.5, 0.004 + 0.032
_PORTAL = _GUT - _GUT_LYMPH + _SPLEEN - _SPLEEN_LYMPH
_SHARE = (_BY_GUT + _BY_SPLEEN) / _PORTAL
# Where a dose begins; the publication gives a local dose by the hepatic artery to the tumour alone.
ENTRIES = {
    "intravenous": {"veins": 1.0},
    "portal_vein": {"tumour vessels": _SHARE, "liver vessels": 1.0 - _SHARE},
    "tumour_artery": {"tumour vessels": 1.0},
}


def model() -> Flows:
    """Return the publication's equations."""
    found = Flows()
    found.flow("veins", "lung vessels", _OUTPUT + _LUNG_LYMPH, _POOL)
    found.flow("lung vessels", "arteries", _OUTPUT, _LUNG_VESSELS)
    _arteries(found)
    _portal(found)
    liver_lymph = _LIVER_LYMPH - _TUMOUR_LYMPH
    to_liver = _LIVER - _BY_ARTERY + _PORTAL - _BY_GUT - _BY_SPLEEN
    found.flow("liver vessels", "veins", to_liver - liver_lymph, _LIVER_VESSELS)
    through_tumour = _BY_ARTERY + _BY_GUT + _BY_SPLEEN - _TUMOUR_LYMPH
    found.flow("tumour vessels", "veins", through_tumour, _VESSELS * VOLUME)
    found.flow("other vessels", "veins", _OTHER - _OTHER_LYMPH, _OTHER_VESSELS)
    for name, rate, lymph, tissue, retention in (
        ("lung", _LUNG_RATE, _LUNG_LYMPH, _LUNG_TISSUE, 1.0),
        ("liver", _LIVER_RATE, liver_lymph, _LIVER_TISSUE, _RETENTION),
        ("gut", _GUT_RATE, _GUT_LYMPH, _GUT_TISSUE, 1.0),
        ("spleen", _SPLEEN_RATE, _SPLEEN_LYMPH, _SPLEEN_TISSUE, _SPLEEN_RETENTION),
        ("other", _OTHER_RATE, _OTHER_LYMPH, _OTHER_TISSUE, 1.0),
        ("tumour", _LIVER_RATE, _TUMOUR_LYMPH, _TISSUE * VOLUME, _RETENTION),
    ):
        found.rate(f"{name} vessels", f"{name} tissue", rate)
        found.flow(f"{name} tissue", "nodes", lymph, tissue * retention)
    found.rate("lung tissue", "lost", _LOSS)
    found.flow("nodes", "veins", _NODE_FLOW, _NODES)
    return found


def _arteries(found: Flows) -> None:
    for name, flow in (
        ("liver", _LIVER - _BY_ARTERY),
        ("tumour", _BY_ARTERY),
        ("gut", _GUT),
        ("spleen", _SPLEEN),
        ("other", _OTHER),
    ):
        found.flow("arteries", f"{name} vessels", flow, _POOL)


def _portal(found: Flows) -> None:
    for name, flow, lymph, vessels, taken in (
        ("gut", _GUT, _GUT_LYMPH, _GUT_VESSELS, _BY_GUT),
        ("spleen", _SPLEEN, _SPLEEN_LYMPH, _SPLEEN_VESSELS, _BY_SPLEEN),
    ):
        found.flow(f"{name} vessels", "tumour vessels", taken, vessels)
        found.flow(f"{name} vessels", "liver vessels", flow - lymph - taken, vessels)
