"""Sahoo et al. 2020: equations 3.1 and 3.2 for a lesion of figure 6, in cells and days."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the paper (J R Soc Interface 17:20190734): equations 3.1 and 3.2, section 4.5, and figure 6, "
    "whose lines are vectors: capacity 6.95e9 where the nullcline of the tumour meets its axis, "
    "start and eight doses of the course drawn for lesion T7"
)

_RHO, _K, _K1, _K2, _THETA = 0.06, 6.95e9, 6e-9, 0.3e-10, 1e-6
_START = 3.26e8
_DAYS_OF_DOSES = (7.0, 14.0, 21.0, 35.0, 42.0, 49.0, 64.0, 71.0)
_DOSE = 5e5


def courses() -> tuple[Course, ...]:
    """Return the course of lesion T7."""
    times = np.array([1.0, 10.0, 24.0, 31.0, 47.0, 56.0, 78.0, 95.0, 112.0, 120.0])
    jumps = {day: [0.0, _DOSE] for day in _DAYS_OF_DOSES}
    tumour, cart = followed(_change, [_START, 0.0], times, jumps=jumps)
    return (Course(scenario="lesion_t7", times=times, amounts={"tumour": tumour, "cart": cart}),)


def _change(_time: float, y: Array) -> list[float]:
    x_cells, y_cells = y
    return [
        _RHO * x_cells * (1.0 - x_cells / _K) - _K1 * x_cells * y_cells,
        _K2 * x_cells * y_cells - _THETA * y_cells,
    ]
