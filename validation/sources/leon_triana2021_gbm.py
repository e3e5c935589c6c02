"""Leon-Triana et al. 2021, glioblastoma: equations 1 to 6, in cells and days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper (Cancers 13:703): equations 1 to 6, table 1 and the captions of figures 1, 3 and 5, "
    "in the copy of BioModels BIOMD0000001013; BIOMD0000001014 for the dual run with 0.02 per day"
)

_TAU_C, _RHO_C, _RHO_T = 7.0, 0.9, 1.0 / 50.0
_ALPHA_2, _G_T, _G_C = 2.5e-10, 1e10, 2e9
_RHO_C_BAR, _G_B, _K, _ALPHA_B, _TAU_B = 0.9, 1e10, 0.2, 4.5e-11, 60.0
_T0 = 3.35e10

_SINGLE = {
    "single_target": (0.02, 8e7),
    "single_target_without_inactivation": (0.0, 8e7),
    "single_target_003": (0.03, 8e7),
    "single_target_0035": (0.035, 8e7),
    "single_target_004_low_dose": (0.04, 1.5e8),
    "single_target_004_high_dose": (0.04, 2e8),
}
_DUAL = {
    "dual_target": 0.02,
    "dual_target_004": 0.04,
    "dual_target_007": 0.07,
    "dual_target_02": 0.2,
}
_SHORT = np.array([1.0, 5.0, 9.0, 14.0, 20.0, 28.0, 36.0, 48.0, 60.0])
_LONG = np.array([1.0, 5.0, 10.0, 16.0, 25.0, 40.0, 60.0, 80.0, 100.0])


def courses() -> tuple[Course, ...]:
    """Return the runs of figures 1 and 3, the dual run of BioModels and those of figure 5b."""
    single = (_course(n, a, [c, _T0, 0.0, 0.0], _SHORT) for n, (a, c) in _SINGLE.items())
    dual = (_course(n, a, [0.0, _T0, 2e8, 2.5e10], _LONG) for n, a in _DUAL.items())
    return (*single, *dual)


def _course(name: str, alpha_1: float, start: list[float], times: Array) -> Course:
    c, t, c_bar, b = followed(_change(alpha_1), start, times)
    amounts = {"cart": c, "tumour": t}
    if start[2] > 0:
        amounts |= {"cart_periphery": c_bar, "b_cells": b}
    return Course(scenario=name, times=times, amounts=amounts)


def _change(alpha_1: float) -> Callable[[float, Array], list[float]]:
    def change(_time: float, y: Array) -> list[float]:
        c, t, c_bar, b = y
        return [
            _K * c_bar + _RHO_C * c * t / (_G_T + t) - alpha_1 * c * t / (_G_C + c) - c / _TAU_C,
            _RHO_T * t - _ALPHA_2 * c * t,
            _RHO_C_BAR * c_bar * b / (_G_B + b) - c_bar / _TAU_C - _K * c_bar,
            -_ALPHA_B * b * c_bar - b / _TAU_B,
        ]

    return change
