"""Minucci et al. 2024, reduced form: CD19 CAR T cells in B-cell lymphoma, in cells and days."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "nlmixr2/nlmixr2lib, Minucci_2024_CART_qsp.R at 06786e05 and its vignette at 3f2048d7, a "
    "reduced form (receptor binding and activated cells at quasi-steady state) whose values are "
    "traced there to the paper's supplement; not the paper's own 25 states"
)

_TIMES = np.array([0.1, 0.5, 1.0, 2.0, 4.0, 7.0, 11.5, 14.0, 21.0, 28.0, 60.0])
_LITRES, _PER_NM = 5.0, 6.022e14


class _Patient(NamedTuple):
    """A patient: weight (kg), share of CD8, B cells at the start, divisions, share to memory."""

    w: float
    f8: float
    b0: float
    nd: float
    fm: float


_PATIENTS = {
    "f0104": _Patient(73, 0.333, 1e7, 21.41559, 2.514715e-3),
    "f0106": _Patient(57, 0.446, 1e7, 22.21255, 2.367866e-3),
    "f0107": _Patient(48, 0.461, 1e7, 21.15557, 1.336295e-2),
    "f0109": _Patient(88, 0.833, 1e5, 27.70301, 2.076709e-3),
    "f0110": _Patient(67, 0.820, 1e5, 19.58777, 0.1),
    "f0111": _Patient(76, 0.943, 1e5, 22.85367, 0.1),
    "f0118": _Patient(80, 0.290, 1e7, 15.88462, 2.267028e-3),
    "f0119": _Patient(62, 0.633, 1e7, 21.48104, 2.91e-10),
    "f0121": _Patient(62, 0.610, 3.834397e6, 18.06981, 1.182971e-3),
    "f0122": _Patient(62, 0.546, 1.162658e6, 19.63343, 7.041995e-3),
    "f0123": _Patient(63, 0.725, 1e5, 21.63407, 0.1),
    "f0125": _Patient(71, 0.376, 1.613397e6, 18.05807, 1.48e-7),
    "f0126": _Patient(68, 0.372, 2.798924e5, 22.42293, 4.57e-7),
}
_NAMES = (
    "infused_cd8", "infused_cd4", "effector_cd8", "effector_cd4",
    "memory_cd8", "memory_cd4", "tumour", "lymphocyte",
)  # fmt: skip


def courses() -> tuple[Course, ...]:
    """Return all 13 patients, each after 1e6 cells per kg."""
    return tuple(_course(name, patient) for name, patient in _PATIENTS.items())


def _course(name: str, p: _Patient) -> Course:
    dose = 1e6 * p.w
    start = [p.f8 * dose, (1 - p.f8) * dose, 0, 0, 0, 0, p.b0, 0.1 * 5e8 * _LITRES]
    found = followed(_change(p), start, _TIMES)
    return Course(scenario=name, times=_TIMES, amounts=dict(zip(_NAMES, found, strict=True)))


def _change(p: _Patient) -> Callable[[float, Array], list[float]]:
    ka8, ka4, many = 24 / 18, 24 / 36, 2.0**p.nd

    def change(_time: float, y: Array) -> list[float]:
        x8, x4, e8, e4, m8, m4, b, others = y
        c = 5000 * b / (_LITRES * _PER_NM)
        f = c / (1.0 + c)
        return [
            -ka8 * f * x8 - x8 / 9.606881,
            -ka4 * f * x4 - x4 / 9.606881,
            many * ka8 * f * x8 - e8 / 3.101849,
            many * ka4 * f * x4 - e4 / 3.101849,
            p.fm * e8 / 3.101849 - m8 / 180,
            p.fm * e4 / 3.101849 - m4 / 240,
            np.log(2) / 16 * b - 86400e-9 * f * e8 * b,
            (5e8 * _LITRES - others) / 30,
        ]

    return change
