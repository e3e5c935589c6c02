"""Kimmel et al. 2021: equations 2.1 to 2.3 and table 1, in cells of the whole body and days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper (Proc R Soc B 288:20210229): equations 2.1 to 2.3, table 1 and figure 2; the growth "
    "rates are four of the range in table 1; the deterministic part, above 100 tumour cells"
)

_K_N, _K_C = 2.50e11, 6.96e10
_R_N, _RHO_C, _A, _B_CONST = 1.70e-1, 2.51e-2, 4.23e-1, 5.25e-1
_GAMMA_B, _K_B = 1.15, 2.024e9
_START = (3.00e9, 1.80e8, 9.486e10)
_GROWTH = {"slow": 0.05, "median": 0.1, "fast": 0.19, "very_fast": 0.3}
_TIMES = np.array([1.0, 4.0, 7.0, 14.0, 28.0, 50.0, 90.0, 180.0, 300.0])


def courses() -> tuple[Course, ...]:
    """Return the course at each of the four growth rates."""
    return tuple(_course(name, growth) for name, growth in _GROWTH.items())


def _course(name: str, growth: float) -> Course:
    normal, cart, tumour = followed(_change(growth), _START, _TIMES)
    return Course(
        scenario=name,
        times=_TIMES,
        amounts={"normal": normal, "cart": cart, "tumour": tumour},
    )


def _change(r_b: float) -> Callable[[float, Array], list[float]]:
    def change(_time: float, y: Array) -> list[float]:
        n, c, b = y
        total = n + c
        short = (total - _K_N) ** 2
        r_c = _RHO_C + _B_CONST * short / (_A * total**2 + short)
        return [
            -_R_N * n * np.log(total / _K_N),
            -r_c * c * np.log(total / _K_C),
            r_b * b - _GAMMA_B * b * c / (_K_B + c),
        ]

    return change
