"""How long the next step may be: error control, growth, and where steps must land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class StepControl:
    """Relative error allowed per step, and bounds of the step in days.

    The error of a backward Euler step is estimated from the distance to a linear extrapolation
    of the two last states, dt/(2 dt + dt_before) |u - u_extrapolated|, relative to the amount.
    """

    tolerance: float = 2e-5
    initial_step: float = 1e-5
    minimum_step: float = 1e-10
    maximum_step: float = 0.25
    growth: float = 1.5

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
        factor = 0.9 / np.sqrt(max(error, 1e-12))
        return float(np.clip(dt * np.clip(factor, 0.2, self.growth), 0.0, self.maximum_step))


@dataclass(frozen=True, kw_only=True, eq=False)
class Extrapolation:
    """The last accepted step, from which the next is foretold: states (fields, mesh cells)."""

    before: Array
    step: float

    def errors(self, old: Array, new: Array, dt: float, volumes: Array, floor: Array) -> Array:
        """Return the estimated relative error of each field, in the volume's 1-norm."""
        foretold = old + (old - self.before) * (dt / self.step)
        weight = dt / (2.0 * dt + self.step)
        difference = weight * np.abs(new - foretold) @ volumes
        return np.asarray(difference / (np.abs(new) @ volumes + floor))


def landing(time: float, dt: float, event: float) -> float:
    """Return a step that lands on `event` exactly and never leaves a sliver before it."""
    left = event - time
    if dt >= left * (1.0 - 1e-9):
        return left
    return min(dt, 0.5 * left) if dt > 0.5 * left else dt
