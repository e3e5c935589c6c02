"""The stages of explicit steps, as weights of earlier stages and of their slopes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Array = np.ndarray

_SAFETY = 1.05
_ENDLESS = 1e30
# Real rates times a step up to which the four stages of third order are stable, with a margin.
EXPLICIT = 5.149 / _SAFETY


@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """A method: rows (mu, nu, rest, new, old) of a step of one day, and each slope's share.

    Y_j = mu Y_{j-1} + nu Y_{j-2} + rest Y_0 + h new F(Y_{j-1}) + h old F(Y_0), and the last stage
    is Y_0 plus h times the sum of `shares` (stages) and slopes.
    """

    rows: Array
    shares: Array

    def table(self, dt: float) -> Array:
        """Return the rows for a step of `dt` days."""
        return self.rows * np.array((1.0, 1.0, 1.0, dt, dt))


@lru_cache(maxsize=256)
def stabilised_stages(stages: int) -> Stages:
    """Return Runge-Kutta-Legendre of second order (RKL2).

    Meyer, Balsara and Aslam 2014: b_j = (j^2 + j - 2)/(2 j (j + 1)), b_0 = b_1 = b_2 = 1/3,
    w = 4/(s^2 + s - 2).
    """
    j = np.arange(stages + 1, dtype=float)
    b = np.full(stages + 1, 1.0 / 3.0)
    b[2:] = (j[2:] ** 2 + j[2:] - 2.0) / (2.0 * j[2:] * (j[2:] + 1.0))
    w = 4.0 / (stages**2 + stages - 2.0)
    rows = np.zeros((stages, 5))
    rows[0] = (1.0, 0.0, 0.0, b[1] * w, 0.0)
    for k in range(2, stages + 1):
        mu = (2.0 * k - 1.0) / k * b[k] / b[k - 1]
        nu = -(k - 1.0) / k * b[k] / b[k - 2]
        new = mu * w
        rows[k - 1] = (mu, nu, 1.0 - mu - nu, new, -(1.0 - b[k - 1]) * new)
    return _with_shares(rows)


def stages_needed(speed: float, dt: float, fewest: int) -> int:
    """Return the fewest stages of RKL2 that are stable for real rates up to `speed`, 1/day.

    (s^2 + s - 2)/2 >= speed x dt. Of what cannot be counted, very many.
    """
    needed = 2.0 * _SAFETY * speed * dt
    needed = needed if needed < _ENDLESS else _ENDLESS
    return max(fewest, math.ceil(0.5 * (math.sqrt(9.0 + 4.0 * needed) - 1.0)))


def stable(stages: int) -> float:
    """Return the real rate times a step up to which so many stages of RKL2 are stable."""
    return 0.5 * (stages**2 + stages - 2.0) / _SAFETY


@lru_cache(maxsize=1)
def explicit_stages() -> Stages:
    """Return four stages of third order that keep what two forward Euler steps keep.

    SSPRK(4,3), Kraaijevanger 1991. Y_4 - 2 Y_3 + Y_0 is the difference to a solution of second
    order, that of the shares (1/3, 1/3, 1/3, 0).
    """
    rows = np.array([(1.0, 0.0, 0.0, 0.5, 0.0)] * 4)
    rows[2] = (1.0 / 3.0, 0.0, 2.0 / 3.0, 1.0 / 6.0, 0.0)
    return _with_shares(rows)


def _with_shares(rows: Array) -> Stages:
    """Send each stage's slope alone through the rows to find its share."""
    slopes = np.eye(len(rows))
    before, now = np.zeros(len(rows)), rows[0, 3] * slopes[0]
    for row, slope in zip(rows[1:], slopes[1:], strict=True):
        new = row[0] * now + row[1] * before + row[3] * slope + row[4] * slopes[0]
        before, now = now, new
    for array in (rows, now):
        array.setflags(write=False)
    return Stages(rows=rows, shares=now)
