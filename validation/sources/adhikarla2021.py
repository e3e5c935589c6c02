"""Adhikarla et al. 2021: equations 1 to 4 with tables 1 and 2, in cells, uCi and days."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper (Cancers 13:5171): equations 1 to 4 (without the quadratic term, as for alpha "
    "particles), table 1, section 2.3 and the intervals of table 2; time in equation 4 counts from "
    "the injection of the radionuclide"
)

_RHO, _K1, _K2, _THETA, _KCL = 0.27, 4.49e-7, 3.6e-13, 0.042, 0.5
_LAMBDA, _ALPHA_T, _ALPHA_C, _ETA = 0.07, 1.5, 1.5, 3.48
_ACTIVITY = 0.1
_CELLS = 1e6
_NEVER = np.inf


def courses() -> tuple[Course, ...]:
    """Return no treatment, each therapy on day 7, and both at the intervals of table 2."""
    return (
        _course("control", _NEVER, _NEVER, 1e6),
        _course("cart_alone", 7.0, _NEVER),
        _course("radionuclide_alone", _NEVER, 7.0),
        _course("cart_then_radionuclide", 7.0, 32.0),
        _course("radionuclide_then_cart", 29.0, 7.0),
    )


def _course(name: str, tau_cart: float, tau_trt: float, start: float = 5e6) -> Course:
    times = np.array([1.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 33.0, 38.0, 43.0, 48.0])
    given = {tau_cart: [0.0, 0.0, _CELLS, 0.0], tau_trt: [0.0, 0.0, 0.0, _ACTIVITY]}
    jumps = {day: amounts for day, amounts in given.items() if day < _NEVER}
    nt, nr, nc, activity = followed(_change, [start, 0.0, 0.0, 0.0], times, jumps=jumps)
    amounts = {"tumour": nt, "tumour_damaged": nr, "cart": nc, "activity": activity}
    return Course(scenario=name, times=times, amounts=amounts, units={"activity": "1"})


def _change(_time: float, y: Array) -> list[float]:
    """Return equations 1 to 3; the activity A0 exp(-lambda t) is followed with the cells."""
    nt, nr, nc, activity = y
    k_rx_t, k_rx_c = _ALPHA_T * _ETA * activity, _ALPHA_C * _ETA * activity
    return [
        _RHO * nt - k_rx_t * nt - _K1 * nt * nc,
        k_rx_t * nt - _K1 * nr * nc - _KCL * nr,
        _K2 * (nt + nr) * nc - k_rx_c * nc - _THETA * nc,
        -_LAMBDA * activity,
    ]
