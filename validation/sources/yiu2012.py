"""Yiu et al. 2012, second-hand: c'' = D c' + K c as one matrix exponential, pg/mL and days."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from cartflow.validation.kinetics.followed import Array, Course

READ = (
    "armw37/VirtualPatient at 646b001, cytostorm.py, second-hand: it prints a 'Table 2' without "
    "naming the paper; the paper was not found"
)

_TIMES = np.array([0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0])
_NAMES = ("tnf", "ifng", "il10", "il8", "il6", "il4", "il2", "il1", "il12")
_DAMPING = (-5.2, -8.6, -4.4, -8, -3.3, -8.1, -8, -5.5, -8.8)
_SLOPES = (32831, 55328, 12047, 50804, 16437, 29489, 42780, 35535, 4947)
_EFFECTS = (
    (-6.413, 0.345, -0.383, -0.186, -0.632, -0.680, -0.206, 0.672, -0.818),
    (-0.554, -18.641, 0.078, 1.576, 1.542, 0.128, 0.184, 0.696, -0.903),
    (-0.487, 0.846, -3.32, 0.145, -0.727, -0.111, -0.030, -0.017, 0.617),
    (0.992, -0.207, 1.566, -13.571, 0.058, -0.823, -0.316, 0.046, -3.356),
    (0.412, -1.688, -0.303, 0.042, -0.2784, 0.640, 0.769, 0.955, 0.065),
    (-1.129, -1.072, -0.278, 0.271, 0.101, -16.305, 0.776, 0.778, -0.237),
    (-0.503, -0.775, 0.422, 0.506, -0.242, -0.022, -15.226, -0.181, -0.957),
    (0.053, -0.09, -0.376, 0.891, -0.575, 0.227, 0.289, -7.571, 0.604),
    (-0.877, -0.075, 0.275, -0.228, 0.32, 0.343, 1.554, -0.271, -19.448),
)
_IL6 = 4


def courses() -> tuple[Course, ...]:
    """Return the response to the impulse by the table as copied, and with -2.784 for IL-6."""
    effects = np.array(_EFFECTS)
    likely = effects.copy()
    likely[_IL6, _IL6] = -2.784
    return (_course("transcribed", effects), _course("likely", likely))


def _course(scenario: str, effects: Array) -> Course:
    size = len(_NAMES)
    system = np.block([[np.zeros((size, size)), np.eye(size)], [effects, np.diag(_DAMPING)]])
    start = np.concatenate([np.zeros(size), _SLOPES])
    states = np.array([expm(system * time) @ start for time in _TIMES]).T
    names = (*_NAMES, *(f"{name}_rate" for name in _NAMES))
    return Course(
        scenario=scenario,
        times=_TIMES,
        amounts=dict(zip(names, states, strict=True)),
        unit="pg/mL",
    )
