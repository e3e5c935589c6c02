"""Rodrigues et al. 2024: melanoma, macrophages and CAR T cells, in cells and days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "g-rodrigues2/Melanoma-TAM-CART-Modeling at 9832965, melanoma_CART_TAM.ipynb: the first "
    "author's notebook of a thesis that names the paper; its sensitivity analysis and its second "
    "scenario, of growing doses. The paper itself was not read"
)

_TIMES = np.array([0.5, 1.5, 4.0, 7.5, 10.0, 13.0, 17.0, 25.0, 40.0, 60.0])
_SECOND = {"dose_1e6": 1e6, "dose_1e7": 1e7, "dose_7e7": 7e7, "dose_9e7": 9e7}


def courses() -> tuple[Course, ...]:
    """Return the base of the sensitivity analysis and the four doses of the second scenario."""
    base = _course("sensitivity_base", 5.9e-11, 0.0, 1e7)
    doses = (_course(name, 2.3e-10, 6.752e-10, cart) for name, cart in _SECOND.items())
    return (base, *doses)


def _course(name: str, beta1: float, mu3: float, cart: float) -> Course:
    t, m, c = followed(_change(beta1, mu3), [2e6, 1e6, cart], _TIMES)
    return Course(scenario=name, times=_TIMES, amounts={"tumour": t, "macrophages": m, "cart": c})


def _change(beta1: float, mu3: float) -> Callable[[float, Array], list[float]]:
    alpha1, k1, mu1 = 0.69, 1e9, 1e-7
    alpha2, k2, kappa2 = 1e-7, 1e9, 0.34
    alpha3, k3, kappa3 = 0.9, 2e7, 0.35

    def change(_time: float, y: Array) -> list[float]:
        t, m, c = y
        return [
            alpha1 * t * (1.0 - t / k1) * (1.0 + beta1 * m) - mu1 * t * c,
            alpha2 * t * m * (1.0 - m / k2) - kappa2 * m,
            alpha3 * t * c / (k3 + t) - mu3 * c * t - kappa3 * c,
        ]

    return change
