"""Greenspan's spheroid: how far nutrient reaches in one of a size, and where growth ends.

In the form of Browning et al. 2021 (eLife 10:e73020): the nutrient's profile is steady, its uptake
one rate in living cells, death below its level at once. With D the diffusivity, c0 the
concentration at the rim, c_i and c_n those below which cells rest and die, and a the uptake per
volume: R_c^2 = 6 D (c0 - c_n)/a, Q^2 = (c0 - c_i)/(c0 - c_n); gamma is the rate at which dead
volume is lost over that at which dividing cells make new.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from cartflow.core.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Greenspan:
    """A spheroid's numbers: `critical_radius` R_c (mm), `q` (0 to 1), `gamma` and `rate` (1/day).

    `rate` is that of the volume of dividing cells. Raises `InputError` out of these ranges.
    """

    critical_radius: float
    q: float
    gamma: float
    rate: float

    def __post_init__(self) -> None:
        for name, top in (
            ("critical_radius", np.inf),
            ("q", 1.0),
            ("gamma", np.inf),
            ("rate", np.inf),
        ):
            value = getattr(self, name)
            if not 0.0 < value <= top:
                msg = f"{name}: got {value:g}; it must be above 0" + (
                    " and at most 1" * (top == 1.0)
                )
                raise InputError(msg)

    def inside(self, radius: float) -> tuple[float, float]:
        """Return the radii (as shares of `radius`, mm) within which cells rest, and are dead.

        1 - 3 eta^2 + 2 eta^3 = (R_c/R)^2 and 1 + 2 eta^3 - phi^2 - 2 eta^3/phi = (Q R_c/R)^2.
        """
        critical = self.critical_radius / radius
        dead = 0.0
        if critical < 1.0:
            dead = brentq(
                lambda x: 1.0 - 3.0 * x**2 + 2.0 * x**3 - critical**2, 0.0, 1.0, xtol=1e-15
            )
        least = (self.q * critical) ** 2
        if least >= 1.0:
            return 0.0, dead
        if dead == 0.0:
            return float(np.sqrt(1.0 - least)), 0.0

        def gap(x: float) -> float:
            return 1.0 + 2.0 * dead**3 - x**2 - 2.0 * dead**3 / x - least

        return float(brentq(gap, dead, 1.0, xtol=1e-15)), float(dead)

    def growth(self, radius: float) -> float:
        """Return dR/dt = (rate/3) R (1 - phi^3 - gamma eta^3), mm/day."""
        rest, dead = self.inside(radius)
        return self.rate / 3.0 * radius * (1.0 - rest**3 - self.gamma * dead**3)

    def limiting_radius(self) -> float:
        """Return the radius (mm) at which as much is lost as is made, 1 = phi^3 + gamma eta^3."""
        most = self.critical_radius
        while self.growth(most) > 0.0:
            most *= 2.0
        return float(brentq(self.growth, 0.5 * self.critical_radius, most, xtol=1e-14))

    def course(self, start: float, times: Array) -> Array:
        """Return the radius (mm) at rising `times` (days), the first that of the radius `start`."""
        if times[0] == times[-1]:
            return np.full(len(times), start)
        found = solve_ivp(
            lambda _, radius: [self.growth(float(radius[0]))],
            (times[0], times[-1]),
            [start],
            t_eval=times,
            rtol=1e-9,
            atol=1e-12,
        )
        return np.asarray(found.y[0])


def of_steady(radius: float, rest: float, dead: float) -> tuple[float, float, float]:
    """Return R_c (mm), Q and gamma of a spheroid that has its limiting `radius` (mm).

    `rest` and `dead` are the shares of it within which cells rest, and are dead.
    """
    critical = radius * float(np.sqrt(1.0 - 3.0 * dead**2 + 2.0 * dead**3))
    least = 1.0 + 2.0 * dead**3 - rest**2 - 2.0 * dead**3 / rest
    return critical, radius * float(np.sqrt(least)) / critical, (1.0 - rest**3) / dead**3
