"""Exact times and chances to reach the inner part of a ball from its rim.

Cells start at the rim (radius R, reflecting), move at random with D and inwards with the speed
v, and have arrived at radius a. D (T'' + 2 T'/r) - v T' = -1, T(a) = 0, T'(R) = 0.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import gammainc

UM2_PER_MIN = 1.44e-3  # mm2/day
UM_PER_MIN = 1.44  # mm/day


def mean_time(radius: float, target: float, diffusivity: float, drift: float = 0.0) -> float:
    """Return the mean first-passage time in days (mm, mm2/day, mm/day).

    Without drift (a^2 - R^2)/(6D) + R^3/(3D) (1/a - 1/R). With it, k = v/D and y = k (s - r),
    T' = integral over y from 0 to k (R - r) of (1 + y/(k r))^2 exp(-y) / v.
    """
    if drift == 0.0:
        outer = radius**3 / (3.0 * diffusivity) * (1.0 / target - 1.0 / radius)
        return (target**2 - radius**2) / (6.0 * diffusivity) + outer
    steepness = drift / diffusivity

    def slope(r: float) -> float:
        # The integrals of y^n exp(-y)/n! are incomplete gamma functions.
        reach, near = steepness * (radius - r), 1.0 / (steepness * r)
        one, two, three = gammainc((1.0, 2.0, 3.0), reach)
        return float(one + 2.0 * near * two + 2.0 * near**2 * three) / drift

    # Near the rim, over some 1/k, the slope goes to zero.
    bend = max(radius - 20.0 / steepness, 0.5 * (radius + target))
    return float(
        sum(quad(slope, *part, epsrel=1e-10)[0] for part in ((target, bend), (bend, radius)))
    )


def chance_alive(radius: float, target: float, diffusivity: float, life: float) -> float:
    """Return the chance to arrive before death, at a mean life in days, without drift.

    D (P'' + 2 P'/r) = P/life, P(a) = 1, P'(R) = 0; with q = 1/sqrt(D life), L = R - a:
    P(R) = (a/R) q R / (q R cosh(q L) - sinh(q L)).
    """
    q = 1.0 / np.sqrt(diffusivity * life)
    gap = q * (radius - target)
    # Written with exp(-gap), so that long ways do not overflow.
    cosh, sinh = 0.5 * (1.0 + np.exp(-2.0 * gap)), 0.5 * (1.0 - np.exp(-2.0 * gap))
    return float(q * target * np.exp(-gap) / (q * radius * cosh - sinh))


def largest_radius(time: float, share: float, diffusivity: float, drift: float = 0.0) -> float:
    """Return the radius (mm) from whose rim cells reach `share` of it within `time` days."""

    def late(radius: float) -> float:
        return mean_time(radius, share * radius, diffusivity, drift) - time

    return float(brentq(late, 1e-3, 1e5, rtol=1e-8))
