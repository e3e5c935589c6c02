"""Swanson et al. 2022: equations 1 and table 1, in cells, ng/mL and days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper (Bull Math Biol 84:58): equations 1, table 1, section 5 and figures 3 to 11; the "
    "start of the data set Han is read off figure 8"
)


class _Set(NamedTuple):
    """A column of table 1, as far as the columns differ."""

    p: float
    v0: float
    mu_cs: float
    eta: float
    mu_et: float
    b: float
    f: float
    r: float
    a: float
    alpha: float


_TANG = _Set(0.1351, 0.3628, 1e-6, 0.0454, 2e-5, 0.4843, 0.0011, 0.0125, 0.5917, 1e-8)
_HAN = _Set(0.4063, 0.4218, 1e-6, 0.1661, 1e-5, 0.4254, 0.002, 0.01, 0.6011, 1e-7)
_ZHANG = _Set(0.4063, 0.2895, 4e-6, 0.1133, 2e-5, 0.4254, 0.002, 0.01, 0.6011, 1e-7)

_NAMES = ("stem", "tumour", "cart", "cart_stem", "tgf", "regulatory")
_EARLY = np.array([0.5, 2.0, 5.0, 9.0, 14.0, 18.0, 21.0])
_LATE = np.array([1.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 80.0])
_MONTH = np.array([0.5, 1.0, 3.0, 6.0, 10.0, 15.0, 20.0, 25.0, 30.0])


def courses() -> tuple[Course, ...]:
    """Return the runs of the three data sets, without and with treatment."""
    two, both = [0.0, 0.0, 5e6, 0.0, 0.0, 0.0], [0.0, 0.0, 2e7, 2e5, 0.0, 0.0]
    against_stem = [0.0, 0.0, 0.0, 2.5e6, 0.0, 0.0]
    return (
        _course("tang", _TANG, (3.4e7, 2.5), _LATE, {}),
        _course("tang_two_doses", _TANG, (3.4e7, 2.5), _LATE, {0.0: two, 7.0: two}),
        _course("han", _HAN, (6.5e6, 2.53), _EARLY, {}),
        _course(
            "han_treated", _HAN, (6.5e6, 2.53), _EARLY, {3.0: against_stem, 12.0: against_stem}
        ),
        _course("zhang", _ZHANG, (5e6, 2.53), _MONTH, {}),
        _course("zhang_treated", _ZHANG, (5e6, 2.53), _MONTH, {0.0: both}),
    )


def _course(
    name: str,
    numbers: _Set,
    tumour_and_regulatory: tuple[float, float],
    times: Array,
    jumps: Mapping[float, list[float]],
) -> Course:
    t0, r0 = tumour_and_regulatory
    start = [0.01 * t0, t0, 0.0, 0.0, 5.0, r0]
    found = followed(_change(numbers), start, times, jumps=jumps)
    amounts = dict(zip(_NAMES, found, strict=True))
    return Course(scenario=name, times=times, amounts=amounts, units={"tgf": "ng/mL"})


def _change(s: _Set) -> Callable[[float, Array], list[float]]:
    k, c1, c2, c3 = 1e9, 100.0, 1.875e9, 0.1224
    mu_re = mu_rc = 1e-5
    delta_e, delta_c, delta_b, delta_r = 1e-5, 1e-4, 7e-4, 1e-5

    def change(_time: float, y: Array) -> list[float]:
        stem, t, e, c, b, r = y
        room = 1.0 - (t + stem) / k
        return [
            s.p * s.v0 * room * stem - s.mu_cs * c * stem,
            s.eta * room * t + (1.0 - s.p) * s.v0 * room * stem - s.mu_et * t * e / (1.0 + c1 * b),
            s.b * e + s.f * e * t / (1.0 + c3 * t * b) - mu_re * r * e - delta_e * e - s.r * e,
            s.b * c + s.f * c * stem / (1.0 + c3 * t * b) - mu_rc * r * c - delta_c * c,
            s.a * t**2 / (c2 + t**2) + s.alpha * r - delta_b * b,
            s.r * e - delta_r * r,
        ]

    return change
