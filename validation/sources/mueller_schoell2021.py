"""Mueller-Schoell et al. 2021: equations 5 to 11, table 1, table S1; cells per uL, mL and days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "nlmixr2/nlmixr2lib at f58b1f44, MuellerSchoell_2021_axicabtageneCiloleucel_qsp.R and its "
    "article, which quote equations 5 to 11, table 1 and tables S1 and S2 of the paper"
)

_TIMES = np.array([2.0, 5.0, 10.0, 14.0, 21.0, 28.0, 40.0, 60.0])

# Table S1: metabolic volume (mL), stem cell transplantation, ratio of CD4 to CD8, low expansion.
_COHORT = (
    (894, 0, 8.94, 0),
    (102, 0, 0.357, 0),
    (13.0, 1, 0.126, 0),
    (264, 0, 4.01, 1),
    (14.2, 1, 1.34, 0),
    (70.5, 1, 0.364, 0),
    (13.1, 1, 3.56, 0),
    (142, 0, 0.405, 0),
    (1118, 0, 0.413, 1),
    (305, 0, 0.549, 1),
    (479, 0, 0.223, 0),
    (2.54, 1, 0.0512, 0),
    (34.2, 0, 4.53, 0),
    (85.7, 1, 0.130, 0),
    (64.1, 0, 0.0845, 0),
    (663, 0, 0.764, 0),
    (3555, 1, 0.0866, 1),
    (20.0, 0, 0.182, 0),
    (32.5, 0, 0.126, 0),
)


def courses() -> tuple[Course, ...]:
    """Return the typical patient (85.7 mL, ratio 1) and the 19 of the cohort, without variance."""
    typical = _course("typical", 85.7, 0, 1.0, 0)
    patients = (_course(f"patient_{i}", *row) for i, row in enumerate(_COHORT, start=1))
    return (typical, *patients)


def _course(scenario: str, volume: float, transplant: int, ratio: float, low: int) -> Course:
    base = 0.000700 if low else 0.00846 * ratio**-0.385
    change = _change(base * (1 + 2.53 * transplant))
    tn, tcm, tem, teff, tumour = followed(change, [0.1, 0.1, 0.1, 0.1, volume], _TIMES)
    return Course(
        scenario=scenario,
        times=_TIMES,
        amounts={
            "naive": tn,
            "central_memory": tcm,
            "effector_memory": tem,
            "effector": teff,
            "tumour": tumour,
        },
        unit="cell/uL",
        units={"tumour": "1"},
    )


def _change(vmax1: float) -> Callable[[float, Array], list[float]]:
    km1, km5, k5, k0 = 1.13, 276.0, 0.0023, 5000.0
    k12, k23, k34 = 0.140, 0.191, 0.355
    ke, ke4 = 0.0104, 0.518
    kp1, kp2, kp3 = 0.0005, 0.007, 0.007
    v1, v2, v3, v4 = 2.57, 4.04, 3.78, 4.24

    def change(_time: float, y: Array) -> list[float]:
        tn, tcm, tem, teff, tumour = y
        killed = (v1 * tn + v2 * tcm + v3 * tem + v4 * teff) * tumour / (km5 + tumour)
        return [
            vmax1 * tumour * tn / (km1 + tn) + (kp1 - k12 - ke) * tn,
            vmax1 * tumour * tcm / (km1 + tcm) + k12 * tn + (kp2 - k23 - ke) * tcm,
            vmax1 * tumour * tem / (km1 + tem) + k23 * tcm + (kp3 - k34 - ke) * tem,
            k34 * tem - ke4 * teff,
            k5 * (1 - tumour / k0) * tumour - killed,
        ]

    return change
