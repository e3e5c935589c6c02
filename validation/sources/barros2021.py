"""Barros et al. 2021, CARTmath: the authors' R, in cells and days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper, and the authors' code, tmglncc/CARTmath at 4688e80: rk4.R (equations and the "
    "threshold of extinction) and server.R (both parameter sets)"
)

_FEWEST = 1e-6
_HDLM2_TIMES = np.array([10.0, 30.0, 45.0, 50.0, 60.0, 100.0, 200.0, 260.0, 350.0, 500.0])
_RAJI_TIMES = np.array([3.0, 6.0, 8.0, 9.0, 12.0, 14.0, 20.0, 30.0, 40.0])


class _Cells(NamedTuple):
    """The parameters of rk4.R, in its order."""

    phi: float
    rho: float
    theta: float
    alpha: float
    epsilon: float
    mu: float
    r: float
    b: float
    gamma: float


_HDLM2 = _Cells(0.265, 0.35, 6e-6, 4.5e-8, 0.15, 5e-3, 5.650026e-2, 1.404029e-12, 3.715843e-6)
_RAJI = _Cells(0.83, 0.8300536, 2.3e-4, 1.248506e-8, 1.59795, 6.89e-7, 5.071721e-1, 0, 3.365388e-8)
# Effectors (and in the challenge tumour cells) that are injected, by day: figures 3 and 4.
_HDLM2_RUNS: dict[str, dict[float, tuple[float, float, float]]] = {
    "hdlm2_challenge": {42.0: (2e6, 0, 0), 250.0: (0, 0, 1e6)},
    "hdlm2_elimination": {42.0: (1.5e6, 0, 0)},
    "hdlm2_equilibrium": {42.0: (0.5e6, 0, 0)},
    "hdlm2_escape": {42.0: (0.2e6, 0, 0)},
    "hdlm2_four_doses": dict.fromkeys((42.0, 49.0, 56.0, 63.0), (0.5e6, 0, 0)),
}
_RAJI_ALPHAS = {
    "raji": 1.248506e-8,
    "raji_ido": 1.461699e-8,
    "raji_ido_inhibited": 1.261662e-8,
}


def courses() -> tuple[Course, ...]:
    """Return the five runs with HDLM-2 cells and the three with RAJI cells."""
    hdlm2 = (_course(name, _HDLM2, 2e6, _HDLM2_TIMES, doses) for name, doses in _HDLM2_RUNS.items())
    raji = (
        _course(name, _RAJI._replace(alpha=alpha), 3e6, _RAJI_TIMES, {7.0: (1e7, 0, 0)})
        for name, alpha in _RAJI_ALPHAS.items()
    )
    return (*hdlm2, *raji)


def _course(
    name: str,
    cells: _Cells,
    tumour: float,
    times: Array,
    doses: Mapping[float, tuple[float, float, float]],
) -> Course:
    change, start = _change(cells), [0.0, 0.0, tumour]
    cart, memory, left = followed(change, start, times, jumps=doses, extinct=_FEWEST)
    amounts = {"cart": cart, "memory": memory, "tumour": left}
    return Course(scenario=name, times=times, amounts=amounts)


def _change(p: _Cells) -> Callable[[float, Array], list[float]]:
    def change(_time: float, y: Array) -> list[float]:
        c_t, c_m, t = y
        return [
            p.phi * c_t - p.rho * c_t + p.theta * t * c_m - p.alpha * t * c_t,
            p.epsilon * c_t - p.theta * t * c_m - p.mu * c_m,
            p.r * t * (1 - p.b * t) - p.gamma * t * c_t,
        ]

    return change
