"""Fixed steps of an engine, and where its front stands meanwhile.

The far edge of a pulled front, many decades below its height, sets the speed. Fixed steps treat
it like the rest of the front; an error control that looks at totals does not see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from cartflow.geometries.geometry import Geometry
from cartflow.pde.engine import Account, Engine

Array = np.ndarray


def march(
    engine: Engine, state: Array, step: float, end: float
) -> Iterator[tuple[float, Array, Account]]:
    """Yield time, state and account after each of the steps of `step` days up to `end`."""
    for number in range(1, round(end / step) + 1):
        state, account = engine.step(state, step)
        yield number * step, state, account


def profile(geometry: Geometry, values: Array, dim: str) -> Array:
    """Return values (n,) as a profile along `dim`, the mean over the other dimensions."""
    others = tuple(i for i, name in enumerate(geometry.dims) if name != dim)
    return np.asarray(geometry.scatter(values).mean(axis=others))


def crossing(x: Array, values: Array, level: float) -> float:
    """Return the last place where `values` falls through `level`, by a cubic in its logarithm.

    Not a number where it does not, or does too near an end.
    """
    above = np.flatnonzero(values > level)
    if above.size == 0 or not 2 <= above[-1] <= x.size - 4:
        return np.nan
    near = slice(above[-1] - 1, above[-1] + 3)
    return float(CubicSpline(-np.log(values[near]), x[near])(-np.log(level)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """Where a front stood: `positions` (mm, from where it set out) at `times` (days)."""

    times: Array
    positions: Array

    def at(self, time: float) -> float:
        """Return the position at one of the times."""
        return float(self.positions[np.argmin(np.abs(self.times - time))])

    def mean_speed(self, start: float, end: float) -> float:
        """Return the distance between two of the times over the time between them, mm/day."""
        return (self.at(end) - self.at(start)) / (end - start)

    def mean_curvature(self, start: float, end: float, centre: float = 0.0) -> float:
        """Return the time's mean of 1/|position - centre| from `start` to `end`, 1/mm."""
        inside = (self.times >= start - 1e-9) & (self.times <= end + 1e-9)
        curvature = 1.0 / np.abs(self.positions[inside] - centre)
        return float(np.trapezoid(curvature, self.times[inside]) / (end - start))


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontRun:
    """How to follow a front: fixed `step`s up to `end`, saved every `interval` (all in days).

    The front is where `species` (a row of the state) falls through `level` along `dim`, or where
    what it lacks of `full` does. With `inward` it comes from the high end of `dim`, and positions
    are counted from there.
    """

    step: float
    end: float
    interval: float
    level: float
    dim: str = "x"
    species: int = 0
    full: float | None = None
    inward: bool = False

    def follow(self, engine: Engine, state: Array) -> tuple[Track, Array]:
        """Return the track, and the profiles (times, cells along `dim`) with the start first."""
        geometry = engine.problem.geometry
        x = np.asarray(geometry.coordinates[self.dim])
        every = round(self.interval / self.step)
        times, positions = [], []
        profiles = [profile(geometry, state[self.species], self.dim)]
        for number, (time, new, _) in enumerate(march(engine, state, self.step, self.end), 1):
            if number % every:
                continue
            profiles.append(profile(geometry, new[self.species], self.dim))
            times.append(time)
            positions.append(self._position(x, profiles[-1]))
        return Track(times=np.array(times), positions=np.array(positions)), np.array(profiles)

    def _position(self, x: Array, values: Array) -> float:
        if self.full is not None:
            values = self.full - values
        if not self.inward:
            return crossing(x, values, self.level)
        far = x[-1] + 0.5 * (x[-1] - x[-2])
        return crossing(far - x[::-1], values[::-1], self.level)
