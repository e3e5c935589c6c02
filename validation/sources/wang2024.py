"""Wang et al. 2024: TCR-T cells against cervical cancer in mice, in cells and days."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' code, Zpwang2024/A-Mathematical-Model-of-TCR-T-Cell-Therapy-for-Cervical-Cancer "
    "at bf5b75e5, fits of mice 1 and 3 and their measured starts; not the paper"
)

_TIMES = np.array([0.5, 3.0, 7.0, 11.0, 14.0, 18.0, 25.0, 38.0, 45.0, 53.0])
_A, _CAPACITY, _TH1, _RHO, _DE, _DR = 0.2253, 3.1051e9, 11.0, 0.0016, 0.0330, 0.1
_VOLUME = 1.2882e-6


class _Mouse(NamedTuple):
    """The values of one mouse; `volume` (mm3) and `cells` are its first measurements."""

    b1: float
    m: float
    n: float
    th2: float
    al1: float
    b2: float
    al2: float
    ga: float
    b3: float
    al3: float
    dx: float
    r0: float
    x0: float
    volume: float
    cells: float


_MICE = {
    "mouse_1": _Mouse(
        0.10077, 6.1562e-10, 4.1965e-7, 1.4985e-7, 2.4625e7, 0.10249, 1.0132e7, 1100.2,
        0.23858, 2.5556e7, 0.085333, 0.017916, 0.50019, 347.98, 3.2591e6,
    ),
    "mouse_3": _Mouse(
        0.12577, 5.2261e-10, 6.0612e-7, 1.5319e-7, 2.3122e7, 0.11031, 2.4036e7, 6.3815e4,
        0.47822, 1.4425e7, 0.070368, 0.0100, 0.5294, 58.77, 628320.0,
    ),
}  # fmt: skip


def courses() -> tuple[Course, ...]:
    """Return mice 1 and 3."""
    return tuple(_course(name, mouse) for name, mouse in _MICE.items())


def _course(name: str, p: _Mouse) -> Course:
    shares = (1 - p.r0 - p.x0, p.r0, p.x0)
    start = [p.volume / _VOLUME, *(share * p.cells for share in shares)]
    found = followed(_change(p), start, _TIMES)
    names = ("tumour", "effector", "regulatory", "exhausted")
    return Course(scenario=name, times=_TIMES, amounts=dict(zip(names, found, strict=True)))


def _change(p: _Mouse) -> Callable[[float, Array], list[float]]:
    def change(_time: float, y: Array) -> list[float]:
        c, e, r, x = y
        return [
            _A * c * (1 - c / _CAPACITY) - p.n * c * e / (1 + _TH1 * r / e),
            p.b1 * e * c / (p.al1 + c) / (1 + p.th2 * r) - p.m * e * c - (_DE + _RHO) * e,
            p.b2 * r * c / (p.al2 + c) * e / (p.ga + e) + _RHO * e - _DR * r,
            p.b3 * x * c / (p.al3 + c) / (1 + p.th2 * r) + p.m * e * c - p.dx * x,
        ]

    return change
