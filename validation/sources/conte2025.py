"""Conte et al. 2025: CAR T cells and an oncolytic virus on glioma, cell index and hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' code and fitted values, mconte93/CAR-OV-study_ConteEtAl2025 at a6d16336: "
    "Forward_CAR.m, CarOV_main.m and the .mat files; not the preprint"
)

_HOURS = np.array([1.0, 5.0, 12.0, 20.0, 30.0, 45.0, 60.0, 69.5])
_K, _B, _OMEGA = 5.224597, 25.0, 0.05


class _Fit(NamedTuple):
    """The values of one row, with the start of tumour and CAR T cells and the virus given."""

    alpha: float
    th1: float
    th4: float
    delta: float
    t0: float
    c0: float
    beta: float = 0.0
    gamma: float = 0.0
    th2: float = 0.0
    th3: float = 0.0
    v0: float = 0.0


def _effectors(t0: float, ratio: float) -> float:
    """Return C0, into which the offset of the index is counted."""
    return (t0 - 0.1602) / ratio + 0.1602


_FITS = {
    "tumour_alone": _Fit(0.0489264, 0.208471, 0.0260411, 0.0140064, 1.4330, 0.0),
    "cart_1_10": _Fit(0.223613, 0.208471, 0.0260411, 0.0140064, 1.4330, 0.2875),
    "cart_1_25": _Fit(0.208764, 0.396501, 0.0346811, 0.0761463, 1.5024, 0.2139),
    "cart_1_50": _Fit(0.189090, 0.364023, 0.0474303, 0.109450, 1.6393, 0.1898),
    "both_1_25_low": _Fit(
        0.245779, 0.430714, 0.0339638, 0.0739596, 1.6427, _effectors(1.6427, 25),
        0.109921, 0.0257600, 1.099244, 0.0924167, 0.0008,
    ),
    "both_1_25_high": _Fit(
        0.319257, 0.629332, 0.0339638, 0.0739596, 1.5772, _effectors(1.5772, 25),
        0.0916961, 0.0548211, 3.016518, 0.0691025, 0.002,
    ),
    "both_1_50_low": _Fit(
        0.168454, 0.326326, 0.0468910, 0.106328, 1.6921, _effectors(1.6921, 50),
        0.0885676, 0.0257600, 0.174079, 0.0770541, 0.0008,
    ),
    "both_1_50_high": _Fit(
        0.244352, 0.589747, 0.0468910, 0.106328, 1.6840, _effectors(1.6840, 50),
        0.0528838, 0.0548211, 1.346480, 0.0671529, 0.002,
    ),
}  # fmt: skip


def courses() -> tuple[Course, ...]:
    """Return the tumour alone, CAR T cells at three doses, and the four combinations."""
    return tuple(_course(name, fit) for name, fit in _FITS.items())


def _course(name: str, fit: _Fit) -> Course:
    start = [fit.t0, 0.0, fit.v0, fit.c0]
    t, i, v, c = followed(_change(fit), start, _HOURS)
    amounts = {"tumour": t, "infected": i, "virus": v, "cart": c}
    return Course(scenario=name, times=_HOURS / 24.0, amounts=amounts, unit="1")


def _change(p: _Fit) -> Callable[[float, Array], list[float]]:
    def change(_time: float, y: Array) -> list[float]:
        t, i, v, c = y
        return [
            p.alpha * t * (1.0 - (t + i) / _K) - p.beta * t * v - p.th1 * c * t,
            p.beta * t * v - p.gamma * i - p.th2 * i * c,
            _B * p.gamma * i - _OMEGA * v,
            -p.delta * c + p.th4 * c * (t + i) - p.th3 * c * v,
        ]

    return change
