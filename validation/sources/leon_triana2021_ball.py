"""Leon-Triana et al. 2021, leukaemia: BioModels BIOMD0000001011 (equations 4), cells and days."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = "BioModels BIOMD0000001011 as equations (its SBML, converted); not the paper's own text"

_TIMES = np.array([2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 80.0, 100.0])


def courses() -> tuple[Course, ...]:
    """Return the one run: 1e7 CAR T cells, 5e10 leukaemic and 2.5e10 healthy B cells."""
    cart, leukaemia, healthy = followed(_change, [1e7, 5e10, 2.5e10], _TIMES, method="Radau")
    amounts = {"cart": cart, "tumour": leukaemia, "b_cells": healthy}
    return (Course(scenario="published", times=_TIMES, amounts=amounts),)


def _change(_time: float, y: Array) -> list[float]:
    alpha, rho_l, tau_c, tau_b = 4.5e-11, 0.03333333333, 14.0, 60.0
    rho_c = 0.25 * alpha
    c, l, b = y  # noqa: E741
    return [
        rho_c * (l + b) * c - c / tau_c,
        rho_l * l - alpha * l * c,
        -(alpha * b * c + b / tau_b),
    ]
