"""Stein et al. 2019: the closed form of the transgene, in copies per ug of DNA and days."""

from __future__ import annotations

import numpy as np

from cartflow.validation.kinetics.followed import Course

READ = (
    "nlmixr2/nlmixr2lib, Stein_2019_Tisagenlecleucel.R, which quotes table 1, equation 1 and the "
    "definitions of figure 2; the typical patient, without the factors of co-medication"
)

_FOLDX, _TMAX, _CMAX = 3900.0, 9.3, 24000.0
_ALPHA, _FB, _BETA = 0.16, 0.0079, 0.0032


def courses() -> tuple[Course, ...]:
    """Return the two phases of the decline and the growth before them, in closed form.

    After the maximum the memory that the model keeps apart from the effectors has the share
    FB (exp(-beta t) - exp(-alpha t)) of it, so that both together are the published sum.
    """
    times = np.array([0.5, 2.0, 5.0, 9.0, 10.0, 14.0, 28.0, 60.0, 180.0, 400.0, 900.0])
    rho = np.log(_FOLDX) / _TMAX
    since = np.maximum(times - _TMAX, 0.0)
    fast, slow = np.exp(-_ALPHA * since), np.exp(-_BETA * since)
    grown = _CMAX / _FOLDX * np.exp(rho * np.minimum(times, _TMAX))
    total = np.where(times < _TMAX, grown, _CMAX * ((1.0 - _FB) * fast + _FB * slow))
    memory = np.where(times < _TMAX, 0.0, _CMAX * _FB * (slow - fast))
    amounts = {"effector": total - memory, "memory": memory}
    return (Course(scenario="typical", times=times, amounts=amounts, unit="1"),)
