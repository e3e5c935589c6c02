"""How long the next step may be: error control, growth, and where steps must land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class StepControl:
    """Relative error allowed per step, and bounds of the step in days.

    With `extrapolate`, each step is taken once whole and once as two halves, and the two are
    extrapolated to second order; without it, the halves stand as they are (first order).
    `fixed` takes every step at `initial_step`, whole, without an estimate: for order studies.
    """

    tolerance: float = 2e-5
    initial_step: float = 1e-5
    minimum_step: float = 1e-10
    maximum_step: float = 0.5
    growth: float = 2.0
    extrapolate: bool = True
    fixed: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.minimum_step <= self.initial_step <= self.maximum_step:
            msg = (
                "solver: steps must satisfy 0 < minimum_step <= initial_step <= maximum_step; "
                f"got {self.minimum_step:g}, {self.initial_step:g}, {self.maximum_step:g} day"
            )
            raise InputError(msg)
        if not self.tolerance > 0:
            msg = f"solver: tolerance {self.tolerance:g} must be greater than 0"
            raise InputError(msg)

    def next_step(self, dt: float, error: float) -> float:
        """Return the step after one of `dt` with `error` (in units of the tolerance)."""
        if self.fixed:
            return self.initial_step
        factor = 0.9 * max(error, 1e-12) ** (-1.0 / 3.0 if self.extrapolate else -0.5)
        return float(min(dt * np.clip(factor, 0.2, self.growth), self.maximum_step))


def limited_share(whole: Array, halves: Array) -> float:
    """Return the largest share t in [0, 1] with halves + t (halves - whole) >= 0 everywhere.

    The whole extrapolation has t = 1. One share for all that is counted together keeps the
    balance, which is linear, where cutting negative values off would not.
    """
    falling = whole > halves
    if not falling.any():
        return 1.0
    return float(min(1.0, np.min(halves[falling] / (whole[falling] - halves[falling]))))


def relative_difference(whole: Array, halves: Array, volumes: Array, floor: Array) -> Array:
    """Return the distance of the two solutions of each field in the volume's 1-norm, relative."""
    return np.asarray((np.abs(whole - halves) @ volumes) / (np.abs(halves) @ volumes + floor))


def error_estimate(difference: Array, share: Array) -> Array:
    """Return the error left in each field after extrapolating by `share`.

    What is not extrapolated keeps its first-order error; what is keeps one of the next order,
    for which difference^1.5 stands, as (k dt)^3 does to (k dt)^2.
    """
    return np.maximum((1.0 - share) * difference, difference**1.5)


def landing(time: float, dt: float, event: float) -> float:
    """Return a step that lands on `event` exactly and never leaves a sliver before it."""
    left = event - time
    if dt >= left * (1.0 - 1e-9):
        return left
    return min(dt, 0.5 * left) if dt > 0.5 * left else dt
