"""Khot et al. 2019 from its own equations and table 2: no body, no trafficking file, no network.

One pool of blood, the lung's vessels feeding every organ, organs of Shah and Betts's mouse (mL,
mL/h), lymph into one node. What the paper leaves open is a `Reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

from cartflow.validation.bodies.khot_curves import DRAWN, HOURS

Array = np.ndarray

# volume, plasma, blood cells, interstitium (mL), plasma flow, flow of blood cells (mL/h)
_ORGANS = {
    "lung": (0.2044073215, 0.02945509193, 0.02409962067, 0.0384285724, 373.131, 305.289),
    "heart": (0.152, 0.005852, 0.004788, 0.021736, 36.498, 29.862),
    "kidney": (0.525, 0.028875, 0.023625, 0.07875, 68.508, 56.052),
    "brain": (0.485, 0.01067, 0.00873, 0.0873, 11.781, 9.639),
    "muscle": (11.319, 0.249018, 0.203742, 1.47147, 86.13, 70.47),
    "bone": (2.824, 0.062128, 0.050832, 0.525264, 15.18, 12.42),
    "skin": (5.019, 0.1877106, 0.1535814, 1.65627, 27.819, 22.761),
    "adipose": (1.982, 0.021802, 0.017838, 0.33694, 13.431, 10.989),
    "small intestine": (0.728, 0.0116116, 0.0095004, 0.126672, 58.08, 47.52),
    "large intestine": (0.3135, 0.005000325, 0.004091175, 0.054549, 17.292, 14.148),
    "spleen": (0.127, 0.015367, 0.012573, 0.0254, 8.184, 6.696),
    "liver": (1.925, 0.16410625, 0.13426875, 0.384595, 10.263, 8.397),
    "pancreas": (0.097, 0.005335, 0.004365, 0.016878, 6.237, 5.103),
    "other": (0.4743184184, 0.0200306091, 0.0163887, 0.0812545183, 13.728, 11.232),
}
_PORTAL = ("small intestine", "large intestine", "spleen", "pancreas")
_BLOOD, _NODE = 1.717, 0.113
# Table 2: transmigration (1/h) and retention.
_ENTRY = {
    "lung": 1843.0,
    "heart": 34.9,
    "kidney": 87.3,
    "brain": 1.4,
    "muscle": 0.5,
    "bone": 82.6,
    "tumour": 0.6,
    "skin": 0.6,
    "adipose": 1.6,
    "small intestine": 12.9,
    "large intestine": 5.2,
    "spleen": 114.0,
    "liver": 126.9,
    "pancreas": 10.0,
    "other": 86.8,
}
_RETENTION = {"kidney": 3.9, "spleen": 9.8, "liver": 2.5}
_TUMOUR, _TUMOUR_FLOW = 0.45, 6.0
# Those whose drawn curves the loss is fitted to.
FITTED = tuple(name for name in _ORGANS if name != "other")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the paper's text leaves open: `loss` in 1/h of the cells in the lung's `loss_in`.

    `tumour_vessels` is their share of the tumour; `portal_lymph` says whether the portal vein's
    flow makes lymph in the liver. The defaults are what gives the curves as drawn.
    """

    extravascular: Literal["interstitium", "tissue_less_vessels"] = "tissue_less_vessels"
    loss: float = 0.325
    loss_in: Literal["vessels", "tissue"] = "tissue"
    portal_lymph: bool = True
    tumour_vessels: float = 0.1


AS_PRINTED = Reading(loss=0.84, loss_in="vessels")


def curves(reading: Reading, hours: Iterable[float] = HOURS) -> dict[str, Array]:
    """Return % of the dose per g at `hours`, by tissue, after a bolus into the blood."""
    names, rates, volumes = system(reading)
    start = np.zeros(len(names))
    start[names.index("blood")] = 100.0
    cells = np.array([expm(rates * hour) @ start for hour in hours])
    found = {
        name: cells[:, [names.index(f"{name} v"), names.index(f"{name} e")]].sum(axis=1) / volume
        for name, volume in volumes.items()
    }
    blood, lost = cells[:, names.index("blood")], cells[:, names.index("lost")]
    return {**found, "blood": blood / _BLOOD, "lost": lost}


def rms(
    found: Mapping[str, Array], wanted: Mapping[str, Iterable[float]], names: Iterable[str]
) -> float:
    """Return the root mean square of log10(found / wanted) over `names` and times."""
    gaps = np.array([np.log10(found[name] / np.array(list(wanted[name]))) for name in names])
    return float(np.sqrt(np.nanmean(gaps**2)))


def fitted_loss() -> float:
    """Return the loss in the lung's tissue (1/h) whose curves are nearest to those drawn."""

    def misfit(loss: float) -> float:
        return rms(curves(Reading(loss=loss)), DRAWN, FITTED)

    found = minimize_scalar(misfit, bounds=(0.1, 1.0), method="bounded", options={"xatol": 1e-5})
    return float(found.x)


def _parts(reading: Reading) -> dict[str, tuple[float, float, float, float, float]]:
    """Return volume, vessels, extravascular volume, blood flow and lymph flow by tissue."""
    whole = reading.extravascular == "tissue_less_vessels"
    parts = {}
    for name, (volume, plasma, red, interstitium, flow, red_flow) in _ORGANS.items():
        vessels = plasma + red
        outside = volume - vessels if whole else interstitium
        parts[name] = (volume, vessels, outside, flow + red_flow, flow / 500)
    if reading.portal_lymph:
        portal = sum(parts[name][3] - parts[name][4] for name in _PORTAL) * 0.55
        volume, vessels, outside, flow, lymph = parts["liver"]
        parts["liver"] = (volume, vessels, outside, flow, lymph + portal / 500)
    vessels = reading.tumour_vessels * _TUMOUR
    outside = _TUMOUR - vessels if whole else 0.55 * _TUMOUR
    parts["tumour"] = (_TUMOUR, vessels, outside, _TUMOUR_FLOW, 0.55 * _TUMOUR_FLOW / 500)
    return parts


def system(reading: Reading) -> tuple[list[str], Array, dict[str, float]]:
    """Return the compartments, the matrix of dA/dt = M A (1/h), and the tissues' volumes."""
    parts = _parts(reading)
    names = ["blood", "node", "lost", *(f"{name} {space}" for name in parts for space in "ve")]
    rates = np.zeros((len(names), len(names)))

    def arc(source: str, target: str, rate: float) -> None:
        rates[names.index(target), names.index(source)] += rate
        rates[names.index(source), names.index(source)] -= rate

    lung_vessels, lung_lymph = parts["lung"][1], parts["lung"][4]
    output = sum(part[3] for name, part in parts.items() if name != "lung")
    arc("blood", "lung v", (output + lung_lymph) / _BLOOD)
    portal = sum(parts[name][3] - parts[name][4] for name in _PORTAL)
    for name, (_, vessels, outside, flow, lymph) in parts.items():
        if name != "lung":
            arc("lung v", f"{name} v", flow / lung_vessels)
            leaving = flow - lymph + (portal if name == "liver" else 0.0)
            arc(f"{name} v", "liver v" if name in _PORTAL else "blood", leaving / vessels)
        arc(f"{name} v", f"{name} e", _ENTRY[name])
        arc(f"{name} e", "node", lymph / (outside * _RETENTION.get(name, 1.0)))
    arc("node", "blood", sum(part[4] for part in parts.values()) / _NODE)
    arc("lung v" if reading.loss_in == "vessels" else "lung e", "lost", reading.loss)
    return names, rates, {name: part[0] for name, part in parts.items()}
