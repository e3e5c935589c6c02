"""Singh et al. 2020, transport only, from its own equations: no body, no trafficking file.

One central pool, the lung's vessels feeding seven organs and the tumour; plasma volumes and flows
of Shah and Betts's mouse (mL, mL/h), lymph a tenth of theirs, all organs not named in one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.linalg import expm

Array = np.ndarray

# vessels, interstitium (mL), plasma flow, lymph flow (mL/h), transmigration (1/h)
_ORGANS = {
    "lung": (0.02945509193, 0.0384285724, 373.131, 0.0746262, 4705.13),
    "spleen": (0.015367, 0.0254, 8.184, 0.0016368, 1799.76),
    "kidney": (0.028875, 0.07875, 68.508, 0.0137016, 296.75),
    "gut": (0.016611925, 0.181221, 75.372, 0.0150744, 9.05),
    "brain": (0.01067, 0.0873, 11.781, 0.0023562, 1.4),
    "liver": (0.16410625, 0.384595163, 10.263, 0.00206, 716.49),
    "other": (0.5518765, 4.1098125, 193.023, 0.0386046, 86.8),
    "tumour": (0.00565, 0.04435, 6.0, 0.0012, 10.35),
}
_PORTAL = ("spleen", "gut")
_BLOOD, _NODE, _LIVER_LOSS = 0.944, 0.113, 0.0288


def course(hours: Iterable[float]) -> dict[str, Array]:
    """Return % of the dose in each organ and in blood at `hours`, and blood's % per mL.

    After a bolus into the central pool; ``concentration`` is the publication's C_Blood.
    """
    names = ["blood", "node", "lost", *(f"{name} {space}" for name in _ORGANS for space in "ve")]
    rates = np.zeros((len(names), len(names)))

    def arc(source: str, target: str, rate: float) -> None:
        rates[names.index(target), names.index(source)] += rate
        rates[names.index(source), names.index(source)] -= rate

    output = sum(flow for name, (_, _, flow, _, _) in _ORGANS.items() if name != "lung")
    portal = sum(_ORGANS[name][2] - _ORGANS[name][3] for name in _PORTAL)
    arc("blood", "lung v", (output + _ORGANS["lung"][3]) / _BLOOD)
    for name, (vessels, outside, flow, lymph, entry) in _ORGANS.items():
        if name != "lung":
            arc("lung v", f"{name} v", flow / _ORGANS["lung"][0])
            leaving = flow - lymph + (portal if name == "liver" else 0.0)
            arc(f"{name} v", "liver v" if name in _PORTAL else "blood", leaving / vessels)
        arc(f"{name} v", f"{name} e", entry)
        arc(f"{name} e", "node", lymph / outside)
    arc("node", "blood", sum(part[3] for part in _ORGANS.values()) / _NODE)
    arc("liver e", "lost", _LIVER_LOSS)
    start = np.zeros(len(names))
    start[names.index("blood")] = 100.0
    cells = np.array([expm(rates * hour) @ start for hour in hours])
    found = {
        name: cells[:, [names.index(f"{name} v"), names.index(f"{name} e")]].sum(axis=1)
        for name in _ORGANS
    }
    blood = cells[:, names.index("blood")]
    nodes, lost = cells[:, names.index("node")], cells[:, names.index("lost")]
    return {**found, "blood": blood, "concentration": blood / _BLOOD, "lymph": nodes, "lost": lost}
