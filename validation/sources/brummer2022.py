"""Brummer et al. 2022: CARRGO with dexamethasone as the authors fit it, cell index and hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' code and fits, alexbbrummer/CARRGODEX at a21bace: the equations of "
    "car_T_dex_fiting_pbt1.ipynb, rows C and D of line PBT1 in fit_parameters.csv, starts from "
    "row 100 of car_T_dex_pbt1_pbt2_lines.csv"
)

_HOURS = np.array([2.0, 5.0, 10.0, 20.0, 40.0, 70.0, 100.0, 137.0])
_HALF_LIFE = 3.33


class _Fit(NamedTuple):
    """One row of the fits; `x0` and `y0` are the cell indices at its start."""

    x0: float
    y0: float
    rho: float
    kappa_inv: float
    c_0: float
    kappa_1: float
    kappa_2: float
    theta: float
    c_3: float


# Columns of the plate: C1,C2 D1,D2 without drug; C3 C7 C11, D3 D7 D11 with 1e-10, 1e-8, 1e-6 ug/mL.
_FITS = {
    "pbt1_cart_0125": _Fit(
        0.4633, 0.125, 0.230303627, 0.558779003, 0, 0.399998831, 0.046346801, 0.023015543, 0
    ),
    "pbt1_cart_005": _Fit(
        0.5035, 0.05, 0.158646737, 0.735855735, 0, 0.063431384, 0.085333041, 0.091327037, 0
    ),
    "pbt1_cart_0125_dex_low": _Fit(
        0.57065,
        0.125,
        0.043950583,
        0.158020945,
        -0.157117185,
        0.067908595,
        0.030251679,
        0.023015543,
        -0.275342755,
    ),
    "pbt1_cart_0125_dex_medium": _Fit(
        0.54805,
        0.125,
        0.043874243,
        0.14876013,
        -0.169023873,
        0.106180956,
        0.033464508,
        0.023015543,
        -0.151027402,
    ),
    "pbt1_cart_0125_dex_high": _Fit(
        0.52435,
        0.125,
        0.019375106,
        0.119501131,
        -0.25724035,
        0.063832604,
        0.029481799,
        0.023015543,
        -0.190029435,
    ),
    "pbt1_cart_005_dex_low": _Fit(
        0.5944,
        0.05,
        0.043950583,
        0.158020945,
        -0.14004724,
        0.102608079,
        0.026660196,
        0.036566299,
        -0.399024652,
    ),
    "pbt1_cart_005_dex_medium": _Fit(
        0.63895,
        0.05,
        0.043874243,
        0.14876013,
        -0.113088494,
        0.086662349,
        0.030505636,
        0.0413314,
        -0.371701712,
    ),
    "pbt1_cart_005_dex_high": _Fit(
        0.5586,
        0.05,
        0.019375106,
        0.119501131,
        -0.249023629,
        0.04119825,
        0.081450532,
        0.142372442,
        -0.464661856,
    ),
}


def courses() -> tuple[Course, ...]:
    """Return the eight fits of line PBT1 at 0.125 and 0.05, from where each begins."""
    return tuple(_course(name, fit) for name, fit in _FITS.items())


def _course(name: str, fit: _Fit) -> Course:
    x, y = followed(_change(fit), [fit.x0, fit.y0], _HOURS)
    amounts = {"tumour": x, "cart": y}
    if fit.c_0 != 0:
        amounts["dexamethasone"] = np.exp(-_HOURS * np.log(2) / _HALF_LIFE)
    return Course(scenario=name, times=_HOURS / 24.0, amounts=amounts, unit="1")


def _change(fit: _Fit) -> Callable[[float, Array], list[float]]:
    """Return x' and y' per hour; the drug decays from the start of the fit."""

    def change(hours: float, state: Array) -> list[float]:
        x, y = state
        drug = np.exp(-hours * np.log(2) / _HALF_LIFE)
        return [
            fit.rho * x
            - fit.rho * x * x * fit.kappa_inv
            - fit.c_0 * drug * x
            - fit.kappa_1 * x * y,
            fit.kappa_2 * x * y - (fit.theta + fit.c_3 * drug) * y,
        ]

    return change
