"""Kareva and Gevertz 2023: a cytokine storm under an immune agonist, relative amounts, hours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = "the authors' code, jgevertz/CytokineStorm at efe5f59d, tumor_CART_Github.m; not the paper"

_HOURS = np.array([50.0, 190.0, 203.0, 210.0, 232.0, 263.0, 300.0, 500.0, 1000.0])


def courses() -> tuple[Course, ...]:
    """Return the code's own run, and those with a higher feedback and with stronger killing."""
    return (
        _course("published", 0.8, 0.05),
        _course("storm", 1.0, 0.05),
        _course("cleared", 0.8, 0.1),
    )


def _course(name: str, b_xy: float, k_t: float) -> Course:
    start, dose = [0.0, 0.0, 0.0, 0.1], {200.0: [0.0, 0.0, 10.0, 0.0]}
    x, y, d, t = followed(_change(b_xy, k_t), start, _HOURS, jumps=dose)
    amounts = {"immune": x, "cytokine": y, "depot": d, "tumour": t}
    return Course(scenario=name, times=_HOURS / 24.0, amounts=amounts, unit="1")


def _change(b_xy: float, k_t: float) -> Callable[[float, Array], list[float]]:
    k01, k_x, b, y_l, y_u, m = 0.1, 2.0, 0.01, 1.0, 6.0, 0.05

    def change(_time: float, state: Array) -> list[float]:
        x, y, d, t = state
        taken = x / (1 + x)
        return [
            k01 * d + k_x * k_t * t * taken + b * taken * (y - y_l) * (y_u - y) - 0.099 * x,
            1e-4 - 0.42 * y + b_xy * y * taken,
            -k01 * d,
            0.06 * t * (t - m) * (1 - t) - k_t * t * taken,
        ]

    return change
