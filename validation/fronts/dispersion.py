"""Speeds of fronts: dispersion relations, of the equation and of the schemes that solve it.

A front that its leading edge pulls has the speed v* = min over s of sigma(s)/s, where a profile
exp(-s x) grows at the rate sigma(s); v* is approached from below as the front relaxes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from cartflow.core.outcome import InputError

SATURATING = 1.5  # Bramson's constant of a front that saturates
LINEAR = 0.5  # the same of a level set of the linear equation


@dataclass(frozen=True, kw_only=True)
class PulledFront:
    """The asymptotic `speed` v* (mm/day) and the `steepness` lambda* (1/mm) of the edge."""

    speed: float
    steepness: float

    def speed_at(self, time: float, constant: float = SATURATING) -> float:
        """Return v* - constant/(lambda* t)."""
        return self.speed - constant / (self.steepness * time)

    def mean_speed(self, start: float, end: float, constant: float = SATURATING) -> float:
        """Return the mean of `speed_at` from `start` to `end` (days)."""
        late = constant / self.steepness * np.log(end / start) / (end - start)
        return float(self.speed - late)


def continuous(rate: float, diffusivity: float) -> PulledFront:
    """Return v* = 2 sqrt(r D), lambda* = sqrt(r/D) of du/dt = D u_xx + r u."""
    if not rate > 0:
        msg = f"a pulled front needs a positive net rate, not {rate:g} 1/day"
        raise InputError(msg)
    return PulledFront(
        speed=2.0 * np.sqrt(rate * diffusivity), steepness=np.sqrt(rate / diffusivity)
    )


def semi_discrete(rate: float, diffusivity: float, spacing: float) -> PulledFront:
    """Return the front on cells `spacing` apart, exact in time.

    sigma(s) = r + D (2 cosh(s dx) - 2)/dx^2.
    """
    spread = _spread(diffusivity, spacing)
    return _slowest(lambda s: rate + spread(s), continuous(rate, diffusivity))


def backward_euler(
    growth: float, loss: float, diffusivity: float, spacing: float, step: float
) -> PulledFront:
    """Return the front of a scheme with explicit growth, implicit loss and implicit diffusion.

    exp(sigma dt) = (1 + g dt) / (1 + l dt - dt D (2 cosh(s dx) - 2)/dx^2).
    """
    spread = _spread(diffusivity, spacing)

    def sigma(s: float) -> float:
        below = 1.0 + step * (loss - spread(s))
        # Steeper edges than this pole the scheme cannot carry.
        return np.log((1.0 + growth * step) / below) / step if below > 0 else np.inf

    return _slowest(sigma, continuous(growth - loss, diffusivity))


def rosenbrock(
    rate: float, diffusivity: float, spacing: float, step: float, gamma: float
) -> PulledFront:
    """Return the front of the two-stage Rosenbrock scheme ROS2 with the exact Jacobian.

    exp(sigma dt) = (1 + (1 - 2g) z + (1/2 - 2g + g^2) z^2) / (1 - g z)^2, z = dt (r + D (...)).
    """
    spread = _spread(diffusivity, spacing)

    def sigma(s: float) -> float:
        z = step * (rate + spread(s))
        above = 1.0 + (1.0 - 2.0 * gamma) * z + (0.5 - 2.0 * gamma + gamma**2) * z**2
        return np.log(above / (1.0 - gamma * z) ** 2) / step if above > 0 else np.inf

    return _slowest(sigma, continuous(rate, diffusivity))


def _spread(diffusivity: float, spacing: float) -> Callable[[float], float]:
    return lambda s: float(diffusivity * 4.0 * np.sinh(0.5 * s * spacing) ** 2 / spacing**2)


def _slowest(sigma: Callable[[float], float], guess: PulledFront) -> PulledFront:
    found = minimize_scalar(
        lambda s: sigma(s) / s,
        bounds=(0.2 * guess.steepness, 2.0 * guess.steepness),
        method="bounded",
        options={"xatol": 1e-9 * guess.steepness},
    )
    return PulledFront(speed=float(found.fun), steepness=float(found.x))


def nagumo_speed(rate: float, diffusivity: float, threshold: float) -> float:
    """Return sqrt(r D/2) (1 - 2a) of du/dt = D u_xx + r u (1 - u)(u - a), 0 < a < 1/2."""
    return float(np.sqrt(0.5 * rate * diffusivity) * (1.0 - 2.0 * threshold))


def porous_fisher_speed(rate: float, diffusivity: float) -> float:
    """Return sqrt(r D0/2), the sharp front of du/dt = (D0 u u_x)_x + r u (1 - u)."""
    return float(np.sqrt(0.5 * rate * diffusivity))
