"""Li and Lei 2025, full model: subsets of CAR T cells, cytokines and binding, cells and days."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' code and stored runs, jinzhilei/CAR-T-Optimal at f646dd69, full model; "
    "not the paper's text"
)

_TIMES = np.array([0.5, 2.0, 4.0, 7.0, 14.0, 28.0, 45.0, 60.0, 76.0])
_K1, _K2, _K3 = 0.05, 0.04, 0.001


def courses() -> tuple[Course, ...]:
    """Return the run of figure 5."""
    start = [1e4, 1e7, 1e7, 1e3, 1e3, 1e6, 1e2]
    h, p, e, m, r, c, mp = followed(_change, start, _TIMES)
    bound = np.array([_free(*state) for state in zip(e, m, h, c, strict=True)])
    amounts = {
        "helper": h, "precursor": p, "effector": e, "memory": m, "regulatory": r,
        "tumour": c, "macrophage": mp, "unbound": bound,
    }  # fmt: skip
    return (Course(scenario="published", times=_TIMES, amounts=amounts),)


def _free(e: float, m: float, h: float, c: float) -> float:
    """Return the tumour cells that nothing is bound to."""
    total = max(c, 0.0)

    def gap(x: float) -> float:
        binding = _K1 * e / (1 + _K1 * x) + _K2 * m / (1 + _K2 * x) + _K3 * h / (1 + _K3 * x)
        return float(x * (1 + binding) - total)

    return float(brentq(gap, 0.0, total, xtol=1e-300, rtol=1e-14)) if total > 0 else 0.0


def _change(_time: float, y: Array) -> list[float]:
    h, p, e, m, r, c, mp = y
    free = _free(e, m, h, c)
    bound = _K2 * free / (1 + _K2 * free)
    e_star, m_star, h_star = e / (1 + _K1 * free), m / (1 + _K2 * free), h / (1 + _K3 * free)
    den = 1 + _K1 * e_star + _K2 * m_star + _K3 * h_star + _K1 * c
    i2, tb, i6 = 4.6e-5 * h / 7.7, 1.1e-5 * c / 5.0, 5.2e-6 * mp / 4.0
    held = 1 / (1 + r / 1e4)
    g = (7.4e-10 * e + 5.8e-10 * h) * (held + 1 / (1 + tb / 0.001)) / 4.16
    u, v = i2 / (0.1 + i2), i6 / (2.5e-3 + i6) + g / (0.01 + g)
    growth = 3.3 * 5e7 / (5e7 + c) - 0.075
    kill = held * (3.57 * _K1 * e + 0.08 * _K3 * h) / den
    return [
        0.25 * u * h - 0.20 * h,
        1.5 * u * held * p - 0.2 * v * p - 0.07 * p,
        0.2 * v * p + 1e-6 * bound * m - (2.6e-5 + 0.18) * e,
        0.02 * (0.2 + 20 * bound) / (0.2 + 20 * bound + m) * m
        + 2.6e-5 * e
        - 1e-6 * bound * m
        - 0.0065 * m,
        0.038 * u * r - 0.06 * r,
        (growth - kill) * c,
        0.25 * 1e3 * g / (0.01 + g) - 0.03 * mp,
    ]
