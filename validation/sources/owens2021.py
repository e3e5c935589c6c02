"""Owens and Bozic 2021: equations 2 to 5 and table 1, in cells, uM and days."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper (Bull Math Biol 83:42): equations 2 to 5, table 1, and for the plans section 3.2, "
    "figure 3 and its text; infusions last half an hour, 1 % of the injected cells are effective"
)

_TIMES = np.array([0.01, 0.5, 1.5, 2.5, 4.5, 5.5, 6.5, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0, 30.0])
_HALF_HOUR = 0.5 / 24.0


class _Patient(NamedTuple):
    """A column of table 1 and the medium burden of tumour."""

    a: float
    inverse_b: float
    d_e: float
    g: float
    j_e: float
    j_c: float
    capacity: float
    k: float
    exponent: float
    m_e: float
    q_e: float
    q_c: float
    s: float
    burden: float


_PATIENTS = (
    _Patient(
        2.55e-1, 2e12, 2.03, 1.4e3, 1.1e-2, 2.42e-1, 1.65e9, 2.019e5, 1.395, 7e-3, 3.42e-11,
        3.0e-11, 3.05e-1, 5e9,
    ),
    _Patient(
        1.76e-1, 2e12, 2.03, 4.7e4, 7.46e-3, 1.65e-1, 1.65e9, 7.0e7, 1.419, 3.4e-2, 6.716e-11,
        3.0e-11, 3.05e-1, 5e9,
    ),
    _Patient(
        5.14e-1, 9.804e8, 5.8, 1.3e4, 2.7e-2, 6.0e-1, 1.65e8, 2.0e7, 1.36, 2e-2, 3.42e-10,
        1.53e-9, 2.5e-1, 5e8,
    ),
    _Patient(
        5.14e-1, 9.804e8, 4.23, 1.3e4, 2.7e-2, 6.0e-1, 1.65e8, 2.0e7, 1.43, 2e-2, 3.42e-10,
        1.53e-9, 3.6e-1, 5e8,
    ),
)  # fmt: skip


def courses() -> tuple[Course, ...]:
    """Return the four patients: S = 125 uM/d on three days and DL3, or 77 on five and DL2."""
    plans = ((125.0, 3, 2.5e8), (125.0, 3, 2.5e8), (77.0, 5, 1e8), (77.0, 5, 1e8))
    return tuple(
        _course(f"patient_{number}", patient, *plan)
        for number, (patient, plan) in enumerate(zip(_PATIENTS, plans, strict=True), 1)
    )


def _course(name: str, patient: _Patient, strength: float, days: int, injected: float) -> Course:
    ends = [day + _HALF_HOUR for day in range(days)]
    change = _change(patient, strength, days)
    start = [patient.burden, 4e5, 0.0, 0.0]
    dose = {6.0: [0.0, 0.0, 0.01 * injected, 0.0]}
    breaks = [*map(float, range(days)), *ends]
    t, e, c, m = followed(change, start, _TIMES, jumps=dose, breaks=breaks)
    return Course(
        scenario=name,
        times=_TIMES,
        amounts={"tumour": t, "effector": e, "cart": c, "chemotherapy": m},
        units={"chemotherapy": "1"},
    )


def _change(p: _Patient, strength: float, days: int) -> Callable[[float, Array], list[float]]:
    d_c, m_c = 2.25, 2.93e-2
    k_t, k_e, k_c, gamma = 0.7, 0.6, 0.6, 0.9

    def lysis(d: float, x: float, t: float) -> float:
        """Return D = d (X/T)^l / (s + (X/T)^l) T, in a form that is finite without tumour."""
        if x <= 0 or t <= 0:
            return 0.0
        ratio = (t / x) ** p.exponent
        return d * t / (1.0 + p.s * ratio)

    def change(time: float, y: Array) -> list[float]:
        t, e, c, m = y
        infusing = time < days and time - np.floor(time) < _HALF_HOUR
        d_e, d_c_now = lysis(p.d_e, e, t), lysis(d_c, c, t)
        kill = 1.0 - np.exp(-m)
        crowding = -np.log((e + c) / p.capacity)
        return [
            p.a * t * (1.0 - t / p.inverse_b) - d_e - d_c_now - k_t * kill * t,
            p.g
            - p.m_e * e
            + p.j_e * crowding * d_e**2 / (p.k + d_e**2) * e
            - p.q_e * e * t
            - k_e * kill * e,
            -m_c * c
            + p.j_c * crowding * d_c_now**2 / (p.k + d_c_now**2) * c
            - p.q_c * c * t
            - k_c * kill * c,
            (strength if infusing else 0.0) - gamma * m,
        ]

    return change
