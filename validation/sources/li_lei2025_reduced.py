"""Li and Lei 2025, reduced model: effector and memory CAR T cells that bind, cells and days."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' code and stored runs, jinzhilei/CAR-T-Optimal at f646dd69, reduced model; "
    "not the paper's text"
)

_TIMES = np.array([0.5, 2.0, 7.0, 14.0, 28.0, 39.0, 45.0, 53.8, 60.0])
_K1, _K2 = 0.05, 0.04
_STARTS = {
    "published": (1e7, 1e3),
    "memory_4e3": (1e7, 4e3),
    "memory_1e4": (1e7, 1e4),
    "effectors_2e7": (2e7, 1e3),
    "effectors_2e6": (2e6, 1e3),
}


def courses() -> tuple[Course, ...]:
    """Return the stored runs: four starts of effector and memory cells that respond, one not."""
    return tuple(_course(name, e, m) for name, (e, m) in _STARTS.items())


def _course(name: str, effectors: float, memory: float) -> Course:
    e, m, c = followed(_change, [effectors, memory, 1e6], _TIMES)
    free = np.array([_free(*state) for state in zip(e, m, c, strict=True)])
    amounts = {"effector": e, "memory": m, "tumour": c, "unbound": free}
    return Course(scenario=name, times=_TIMES, amounts=amounts)


def _free(e: float, m: float, c: float) -> float:
    """Return the tumour cells that nothing is bound to."""
    total = max(c, 0.0)

    def gap(x: float) -> float:
        return float(x * (1 + _K1 * e / (1 + _K1 * x) + _K2 * m / (1 + _K2 * x)) - total)

    return float(brentq(gap, 0.0, total, xtol=1e-300, rtol=1e-14)) if total > 0 else 0.0


def _change(_time: float, y: Array) -> list[float]:
    e, m, c = y
    free = _free(e, m, c)
    bound = _K2 * free / (1 + _K2 * free)
    e_star, m_star = e / (1 + _K1 * free), m / (1 + _K2 * free)
    kill = 3.8 * _K1 * e_star / (1 + _K1 * e_star + _K2 * m_star + _K1 * c)
    return [
        1e-6 * bound * m - (2.6e-5 + 0.18) * e,
        0.02 * (0.2 + 20 * bound) / (0.2 + 20 * bound + m) * m
        + 2.6e-5 * e
        - 1e-6 * bound * m
        - 0.0065 * m,
        3.3 * 5e7 / (5e7 + c) * c - 0.075 * c - kill * c,
    ]
