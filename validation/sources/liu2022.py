"""Liu et al. 2022: the authors' MATLAB, in its own unit of cells and days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' code, Lunan12/CAR-T-model at 813a33a: Eqs_CR_PR_NR.m and Eqs_NegR.m, the two "
    "scripts of simulation and the parameters in gened_param_7d.m; not the paper's own text"
)

_TIMES = np.array([1.0, 3.0, 5.0, 7.0, 10.0, 14.0, 28.0, 60.0])
_LATER = np.array([100.0, 150.0, 200.0])
_LATEST = np.array([300.0, 340.0, 380.0])

# rBp, rTA0, lTA0, lTN, nMB, eBp, KBp, KBpr, KBpTN, ka, in the order of the scripts
_REMISSION = (0.069, 1.62, 0.12, 0.00003, 2939.1, 22.72, 5891.45, 637.64, 1808.02, 0.65)
_VIRTUAL = (
    0.070779259,
    1.686986892,
    0.109101224,
    3.03e-05,
    2808.586835,
    26.14056824,
    7932.097398,
    813.2196461,
    2118.538966,
    0.395195924,
)
_NEGATIVE = (0.086, 1.7, 0.04, 0.073, 19988.53, 8.6, 794.99, 827.08, 93066.8, 0.19)
_NEGATIVE_START = (17212.23022, 0.0, 0.3, 19.89)


def courses() -> tuple[Course, ...]:
    """Return remission, the virtual patient, and the negative relapse by both half-saturations."""
    late = np.concatenate([_TIMES, _LATER])
    return (
        _course("remission", _REMISSION, (2200.24, 0.0, 16.46, 0.0), np.append(late, _LATEST)),
        _course("virtual_patient", _VIRTUAL, (1874.144179, 0.0, 7.892191922, 0.0), _TIMES),
        _course("negative_relapse", _NEGATIVE, _NEGATIVE_START, late, 16956.03),
        _course("negative_script", _NEGATIVE, _NEGATIVE_START, late, 5956.03),
    )


def _course(
    scenario: str,
    p: tuple[float, ...],
    start: tuple[float, float, float, float],
    times: Array,
    k_bn: float = 1.0,
) -> Course:
    positive, active, inactive, negative = followed(
        _change(p, k_bn), start, times, atol=1e-18, rtol=1e-10
    )
    amounts = {"tumour": positive, "cart": active, "cart_inactive": inactive}
    if start[3] > 0:
        amounts["tumour_negative"] = negative
    return Course(scenario=scenario, times=times, amounts=amounts, unit="cell/mm^3")


def _change(p: tuple[float, ...], k_bn: float) -> Callable[[float, Array], list[float]]:
    r_bp, r_ta0, l_ta0, l_tn, n_mb, e_bp, k_bp, k_bpr, k_bptn, k_a = p
    r_bn, k_m, k_b = 0.1, 0.0, 7.9

    def change(_time: float, f: Array) -> list[float]:
        positive, active, inactive, negative = f
        r_ta = positive / (positive + k_bpr) * r_ta0
        woken = k_a * positive / (positive + k_bptn) * inactive
        killed = e_bp / k_b * negative / (negative + k_bn) * active
        return [
            r_bp * positive * (1 - positive / n_mb) - e_bp * positive / (positive + k_bp) * active,
            r_ta * active + woken - l_ta0 * active,
            -woken - l_tn * inactive,
            r_bn * negative * (1 - negative / n_mb) + k_m * positive - killed,
        ]

    return change
