"""The stages of explicit steps, as weights of earlier stages and of their slopes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cartflow.pde.voxels.steps.rock4_coefficients import COEFFICIENTS

Array = np.ndarray

_SAFETY = 1.05
_ENDLESS = 1e30
_ROUNDING = 1.0 + 1e-9
# Real rates times a step up to which the four stages of third order are stable, with a margin.
EXPLICIT = 5.149 / _SAFETY
# The same of the longest steps of fourth order.
FOURTH_ORDER = COEFFICIENTS[-1][0] / _SAFETY
# Y_s - 2 Y_{s-1} + Y_0
_TO_SECOND_ORDER = np.array((1.0, -2.0, 0.0, 0.0, 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """A method: rows (mu, nu, rest, new, old, third, fourth) of a step of one day.

    Y_j = mu Y_{j-1} + nu Y_{j-2} + rest Y_0 + h new F(Y_{j-1}) + h old F(Y_0) + third Y_{j-3}
    + fourth Y_{j-4}, and the last stage is Y_0 plus h times the sum of `shares` (stages) and
    slopes. Rows with a `third` have neither `rest` nor `old`. `difference` weighs the last stage
    and those before it, Y_s, Y_{s-1}, ..., Y_{s-4}, to what is of second order in the step's error;
    the last weight is that of Y_0 where there is no `third`.
    """

    rows: Array
    shares: Array
    difference: Array

    def table(self, dt: float) -> Array:
        """Return the rows for a step of `dt` days."""
        table = self.rows.copy()
        table[:, 3:5] *= dt
        return table


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
    rows = np.zeros((stages, 7))
    rows[0, :4] = (1.0, 0.0, 0.0, b[1] * w)
    for k in range(2, stages + 1):
        mu = (2.0 * k - 1.0) / k * b[k] / b[k - 1]
        nu = -(k - 1.0) / k * b[k] / b[k - 2]
        new = mu * w
        rows[k - 1, :5] = (mu, nu, 1.0 - mu - nu, new, -(1.0 - b[k - 1]) * new)
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
    rows = np.zeros((4, 7))
    rows[:, :4] = (1.0, 0.0, 0.0, 0.5)
    rows[2, :4] = (1.0 / 3.0, 0.0, 2.0 / 3.0, 1.0 / 6.0)
    return _with_shares(rows)


def fourth_order_stages(reach: float) -> Stages | None:
    """Return ROCK4 that is stable for real rates times a step up to `reach`, if there is one.

    A recurrence of a Chebyshev kind, then four stages; these are written with earlier stages in
    place of their slopes. The difference to a solution of second order has no share of the fourth.
    """
    for degree, (stable_to, *_) in enumerate(COEFFICIENTS):
        if _SAFETY * reach <= stable_to * _ROUNDING:
            return _fourth_order(degree)
    return None


@lru_cache(maxsize=64)
def _fourth_order(degree: int) -> Stages:
    _, recurrence, (a21, a31, a32, a41, a42, a43), b = COEFFICIENTS[degree]
    # Slopes of the last stages, h k, by the values u, g2, g3, g4, and the new one.
    u, g2, g3, g4, last = np.eye(5)
    k1 = (g2 - u) / a21
    k2 = (g3 - u - a31 * k1) / a32
    k3 = (g4 - u - a41 * k1 - a42 * k2) / a43
    before = u + b[0] * k1 + b[1] * k2 + b[2] * k3
    finish = [(u, a21), (u + a31 * k1, a32), (u + a41 * k1 + a42 * k2, a43), (before, b[3])]
    rows = _recurrence(recurrence)
    for number, (values, new) in enumerate(finish):
        row = np.zeros(7)
        row[[0, 1, 5, 6][: number + 1]] = values[number::-1]
        row[3] = new
        rows.append(row)
    k4 = (last - before) / b[3]
    lower = _lower_weights((a21, a31 + a32, a41 + a42 + a43), b)
    return _with_shares(np.array(rows), (lower @ np.array([k1, k2, k3, k4]))[::-1])


def _recurrence(numbers: tuple[float, ...]) -> list[Array]:
    rows = [np.array([1.0, 0.0, 0.0, numbers[0], 0.0, 0.0, 0.0])]
    for mu, kappa in zip(numbers[1::2], numbers[2::2], strict=True):
        rows.append(np.array([1.0 + kappa, -kappa, 0.0, mu, 0.0, 0.0, 0.0]))
    return rows


def _lower_weights(nodes: tuple[float, float, float], b: tuple[float, ...]) -> Array:
    """Return the least weights d of the slopes with d_4 = b_4, sum d = 0 and sum d c = 0."""
    conditions = np.array([(1.0, 1.0, 1.0), (0.0, *nodes[:2])])
    wanted = -b[3] * np.array((1.0, nodes[2]))
    return np.append(np.linalg.lstsq(conditions, wanted, rcond=None)[0], b[3])


def _with_shares(rows: Array, difference: Array = _TO_SECOND_ORDER) -> Stages:
    """Send each stage's slope alone through the rows to find its share."""
    slopes, values = np.eye(len(rows)), [np.zeros(len(rows))] * 4
    for row, slope in zip(rows, slopes, strict=True):
        new = row[3] * slope + row[4] * slopes[0]
        for weight, value in zip(row[[0, 1, 5, 6]], reversed(values), strict=True):
            new = new + weight * value
        values = [*values[1:], new]
    for array in (rows, new):
        array.setflags(write=False)
    return Stages(rows=rows, shares=new, difference=np.ascontiguousarray(difference))
