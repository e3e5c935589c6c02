"""Hardiansyah and Ng 2019: supplement, equations 1 to 9, in 1e9 cells, pg/mL and days."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "nlmixr2/nlmixr2lib at 2a9e79e9, Hardiansyah_2019_CART_upn3_qsp.R and its article on both "
    "patients, which quote equations 1 to 9 and tables S1 and S2 of the paper's supplement"
)

_TIMES = np.array([0.5, 1.5, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 350.0])


class _Patient(NamedTuple):
    """Table S2, start, baselines read off figure 1b, and the whole dose."""

    p_il6: float
    p_il10: float
    p_ifn: float
    r_e: float
    d_e: float
    a_e: float
    k_bc: float
    burden: float
    baselines: tuple[float, float, float]
    dose: float


_PATIENTS = {
    "upn1": _Patient(
        0.18e-2, 0.07e-2, 0.03e-2, 16.16, 23.04, 2.4e-2, 0.19, 4.14, (1.7, 4.5, 2.3), 1.1
    ),
    "upn3": _Patient(
        0.6e-2, 1.7e-2, 0.6e-2, 14.40, 1.44, 1.2e-1, 2.21, 0.93, (1.0, 0.5, 1.7), 0.014
    ),
}


def courses() -> tuple[Course, ...]:
    """Return both patients, each with a dose split 10, 30 and 60 % over three days."""
    return tuple(_course(name, patient) for name, patient in _PATIENTS.items())


def _course(name: str, patient: _Patient) -> Course:
    dose = patient.dose
    jumps = {t: _infusion(share * dose) for t, share in ((0.0, 0.1), (1.0, 0.3), (2.0, 0.6))}
    start = [patient.burden, 0.0, 0.0, 0.0, 0.0, *patient.baselines]
    b, e, et, m, mt, il6, il10, ifn = followed(_change(patient), start, _TIMES, jumps=jumps)
    cells = {
        "tumour": b,
        "effector_blood": e,
        "effector_tissue": et,
        "memory_blood": m,
        "memory_tissue": mt,
    }
    cytokines = {"il6": il6, "il10": il10, "ifng": ifn}
    return Course(
        scenario=name,
        times=_TIMES,
        amounts={**{n: 1e9 * v for n, v in cells.items()}, **cytokines},
        units=dict.fromkeys(cytokines, "pg/mL"),
    )


def _infusion(amount: float) -> list[float]:
    return [0.0, amount, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def _change(p: _Patient) -> Callable[[float, Array], list[float]]:
    """Return the right-hand side with table S1; the gain of memory is what effectors lose."""
    d_il6, d_il10, d_ifn = 3.96, 4.68, 1.51
    a_g, b_g, a_m, h = 0.59, 650.0, 1.0, 1e5
    r_m, d_m, k_in, k_out = 5.09e-2, 4.08e-1, 76.78, 1.84
    r_b, d_b = 9.30e-3, 7.60e-3
    base6, base10, base_g = p.baselines

    def change(_time: float, y: Array) -> list[float]:
        b, e, et, m, mt, il6, il10, ifn = y
        f = b / (b + h)
        made, recalled = p.a_e * e * (1 - f), a_m * m * f
        inhibited = a_g + (1 - a_g) * b_g / (il10 + b_g)
        return [
            r_b * b - d_b * b - p.k_bc * e * b,
            p.r_e * e * b - p.d_e * e - k_in * e + k_out * et - made + recalled,
            k_in * e - k_out * et,
            (r_m - d_m) * m - k_in * m + k_out * mt + made - recalled,
            k_in * m - k_out * mt,
            d_il6 * (base6 - il6) + 1e6 * p.p_il6 * b * e,
            d_il10 * (base10 - il10) + 1e6 * p.p_il10 * b * e,
            d_ifn * (base_g - ifn) + 1e6 * p.p_ifn * b * e * inhibited,
        ]

    return change
