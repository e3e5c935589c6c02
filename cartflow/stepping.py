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

    tolerance: float = 5e-6
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
        if not 0 < self.tolerance <= 0.1:
            msg = f"solver: tolerance {self.tolerance:g} is not within (0, 0.1]"
            raise InputError(msg)

    def next_step(self, dt: float, error: float) -> float:
        """Return the step after one of `dt` with `error` (in units of the tolerance)."""
        if self.fixed:
            return self.initial_step
        factor = 0.9 * max(error, 1e-12) ** (-1.0 / 3.0 if self.extrapolate else -0.5)
        return float(min(dt * np.clip(factor, 0.2, self.growth), self.maximum_step))


def extrapolated(whole: Array, halves: Array, weights: Array) -> tuple[Array, float]:
    """Return 2 halves - whole, kept nonnegative, and the share of the total that this moved.

    Where the extrapolation would be negative (the far tail of a front) the halves stand, which
    the engine keeps nonnegative; all values are then scaled so that the weighted total is that of
    the full extrapolation. So the balance, which is linear, holds as it did before. Where even
    the total would be negative the halves stand, and the share is one.
    """
    full = 2.0 * halves - whole
    values = np.where(full < 0.0, halves, full)
    wanted, got = float(full @ weights), float(values @ weights)
    if wanted == got:
        return values, 0.0
    if wanted <= 0.0 or got <= 0.0:
        return halves, 1.0
    return values * (wanted / got), abs(1.0 - wanted / got)


def relative_difference(whole: Array, halves: Array, volumes: Array, floor: Array) -> Array:
    """Return the distance of the two solutions of each field in the volume's 1-norm, relative."""
    return np.asarray((np.abs(whole - halves) @ volumes) / (np.abs(halves) @ volumes + floor))


def error_estimate(difference: Array, moved: Array) -> Array:
    """Return the error left in each field after extrapolation.

    difference^1.5 stands for the next order, as (k dt)^3 does to (k dt)^2; what the limit on
    negative values moved counts in full.
    """
    return np.maximum(moved, difference**1.5)


def landing(time: float, dt: float, event: float) -> float:
    """Return a step that lands on `event` exactly and never leaves a sliver before it."""
    left = event - time
    if dt >= left * (1.0 - 1e-9):
        return left
    return min(dt, 0.5 * left) if dt > 0.5 * left else dt
