"""Chaudhury et al. 2020, Lotka and Volterra: BioModels BIOMD0000001024, in its units and days."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = "BioModels BIOMD0000001024 as equations (its SBML, converted); not the paper's own text"

_TIMES = np.array([1.0, 3.0, 5.0, 8.0, 15.0, 30.0, 50.0, 75.0, 100.0])


def courses() -> tuple[Course, ...]:
    """Return the one run: 10 CAR T cells and 900 tumour cells, whose unit is not stated."""
    cart, tumour = followed(_change, [10.0, 900.0], _TIMES, method="Radau")
    return (
        Course(
            scenario="published",
            times=_TIMES,
            amounts={"cart": cart, "tumour": tumour},
            unit="cell/mm^3",
        ),
    )


def _change(_time: float, y: Array) -> list[float]:
    rho, k_e, g, d = 0.0018, 0.16, 0.15, 1.5e-4
    c_e, u = y
    return [rho * c_e * u - k_e * c_e, g * u - d * c_e * u]
