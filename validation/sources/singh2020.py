"""Singh et al. 2020: the tumour of the PBPK-PD model, in cells per mL, mL and hours."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "Wrlog/PBPK at 9dea3283, models/cart_pbpk_pd_singh2020.cpp, made line by line from the MLXTRAN "
    "code in the paper's supplement, with the numbers of its BCMA run; here without the inflow by "
    "blood and the outflow by lymph, which travel and are no kinetics"
)

_FEW = np.array([0.5, 2.0, 4.0, 7.0, 10.0, 14.0, 16.0, 18.0, 21.0])
_MANY = np.array([0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
_HOURS = 24.0

_KON, _KOFF = 1.08e-12, 6.48
_TAA, _CAR = 12590.0, 5000.0
_RHO = 1e8
_EXTRAVASCULAR = 0.887
_KG, _KKILL, _KEXP = 0.00305, 0.0486, 0.0906
_IC50, _EC50 = 9.94, 5.18
_TAU = 21.6
_V0 = 0.05


def courses() -> tuple[Course, ...]:
    """Return a tumour of 50 mm3 with 0.1 and with 100 CAR T cells per mm3 in it at the start."""
    return (_course("few", 0.1, _FEW), _course("many", 100.0, _MANY))


def _course(name: str, per_mm3: float, days: Array) -> Course:
    cells = per_mm3 * 1e3 * _V0
    start = [cells, 0.0, _V0, 0.0, 0.0, 0.0, 0.0]
    a, te, v, *k = followed(_change, start, _HOURS * days)
    # Per mL of the tumour as it was at the start, which our fixed mesh cell stands for.
    amounts = {"cart": a / _V0, "tumour": _RHO * v / _V0, "complexes": te * v / _V0}
    transits = {f"transit_{number}": part / _KKILL for number, part in enumerate(k, 1)}
    return Course(
        scenario=name,
        times=days,
        amounts={**amounts, **transits},
        unit="cell/mL",
        units=dict.fromkeys(transits, "1"),
    )


def _change(_hour: float, y: Array) -> list[float]:
    a, te, v, k1, k2, k3, k4 = y
    v_e = _EXTRAVASCULAR * v
    cplx_per_tumour_cell = te / _RHO
    k_act = _KEXP * cplx_per_tumour_cell / (_EC50 + cplx_per_tumour_cell)
    k_kill = _KKILL * cplx_per_tumour_cell / (_IC50 + cplx_per_tumour_cell)
    return [
        k_act * a,
        _KON * (a / v_e * _CAR - te) * (_RHO * _TAA - te) - _KOFF * te,
        _KG * v - k4 * v,
        (k_kill - k1) / _TAU,
        (k1 - k2) / _TAU,
        (k2 - k3) / _TAU,
        (k3 - k4) / _TAU,
    ]
