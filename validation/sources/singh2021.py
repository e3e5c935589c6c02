"""Singh et al. 2021: what happens in the marrow, in numbers per L and days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "nlmixr2/nlmixr2lib, Singh_2021_idecabtageneVicleucel_human.R and its article, which quote "
    "equations 6 to 18 of the supplement, table 1 and the authors' Monolix code; here without the "
    "exchange with blood, which is trafficking. Binding constants are those of table 1 (the code "
    "runs with 7.103e4 and 2.385e-3); killing multiplies the tumour, as in the code. Mouse and "
    "assay were read second-hand: greatest killing 0.353 per hour in the assay"
)

_TIMES = np.array([0.02, 0.1, 0.5, 1.0, 2.0, 3.0])
_LONG = np.array([0.5, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0])
_KON = 7.1e4 * 86400.0 / 6.02214076e23
_KOFF = 2.39e-3 * 86400.0
_AG_CAR, _AG_TUMOUR = 15000.0, 12590.0
_KEXP, _EC50, _RM = 1.73, 10.0, 2e-5
_KC50, _KG = 2.24, 0.008


def courses() -> tuple[Course, ...]:
    """Return the killing assay and the clinic's killing, each well mixed."""
    return (
        _course("assay", 0.353 * 24.0, 1e8, 1e8, _TIMES),
        _course("clinic", 0.343, 1e4, 2.5e9, _LONG),
    )


def _course(name: str, k_kill: float, cart: float, tumour: float, times: Array) -> Course:
    carte, cartm, cplx, cells = followed(_change(k_kill), [cart, 0.0, 0.0, tumour], times)
    return Course(
        scenario=name,
        times=times,
        amounts={"cart": carte, "memory": cartm, "complexes": cplx, "tumour": cells},
        unit="cell/L",
    )


def _change(k_kill: float) -> Callable[[float, Array], list[float]]:
    def change(_time: float, y: Array) -> list[float]:
        carte, cartm, cplx, tumour = y
        car_t = carte + cartm
        per_cart, per_tumour = cplx / car_t, cplx / tumour
        k_exp = _KEXP * per_cart / (_EC50 + per_cart)
        killed = k_kill * per_tumour / (_KC50 + per_tumour)
        free_car, free_ag = car_t * _AG_CAR - cplx, tumour * _AG_TUMOUR - cplx
        return [
            k_exp * carte - _RM * carte,
            _RM * carte,
            _KON * free_car * free_ag - _KOFF * cplx,
            _KG * tumour - killed * tumour,
        ]

    return change
