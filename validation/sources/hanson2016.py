"""Hanson et al. 2016: BioModels BIOMD0000000837, in its units of cells and time."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "BioModels BIOMD0000000837 as equations (its SBML, converted), with its two constant fluxes "
    "p_0 into inflammation and p_2 into lymphocytes; not the preprint's own text"
)

_TIMES = np.array([1.0, 10.0, 50.0, 100.0, 200.0, 300.0, 500.0, 700.0, 1000.0])
_NAMES = (
    "cytotoxic_memory",
    "cytotoxic",
    "helper_memory",
    "helper",
    "lymphocytes",
    "inflammation",
    "tumour",
)


def courses() -> tuple[Course, ...]:
    """Return the one run, without drug."""
    states = followed(
        _change, [10.0, 10.0, 10.0, 10.0, 1600.0, 140.0, 300.0], _TIMES, method="Radau"
    )
    return (
        Course(
            scenario="published",
            times=_TIMES,
            amounts=dict(zip(_NAMES, states, strict=True)),
            unit="cell/mm^3",
            units={"inflammation": "1"},
        ),
    )


def _change(_time: float, y: Array) -> list[float]:
    n, r_1, r_2, r_3, r_4 = 6.0, 0.003, 0.1, 0.1, 0.1
    d_1, d_2, d_3, d_4, d_5 = 2e-4, 1.5, 0.004, 0.004, 2e-4
    p_0, p_1, p_2 = 200.0, 0.002, 0.4
    a_1, a_2, a_3, b, l_0, k = 4e-7, 2.0, 8e-5, 800.0, 1600.0, 4800.0
    c_m, c_e, h_m, h_e, l, i, t = y  # noqa: E741
    room = max(1 - (t + c_e + c_m + h_e + h_m + l) / l_0, 0.0)
    inflamed = i**2 / (i**2 + b**2)
    cytotoxic = a_1 * t * c_m * inflamed * (1 + a_2 * h_e)
    helper = a_3 * t * h_m * inflamed
    return [
        r_2 * c_m * room - cytotoxic,
        2**n * cytotoxic - d_3 * c_e,
        r_3 * h_m * room - helper,
        2**n * helper - d_4 * h_e,
        p_2 + r_4 * l * room - d_5 * l,
        p_0 + p_1 * t * (c_e + h_e) - d_2 * i,
        r_1 * t * (1 - t / k) - d_1 * t * c_e,
    ]
