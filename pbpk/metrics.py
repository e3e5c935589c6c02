"""Exposure measures of any course in time, and what they are worth to a tumour."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

Array = NDArray[np.float64]
Rule = Literal["linear", "linear_log"]
_LATE = 0.25  # of the time since Cmax


def maximum(times: Array, values: Array) -> tuple[float, float]:
    """Return Cmax and Tmax: the highest of the samples (n,), and when it is first reached."""
    times, values = _course(times, values)
    place = int(np.argmax(values))
    return float(values[place]), float(times[place])


def auc(times: Array, values: Array, rule: Rule = "linear_log") -> float:
    """Return the area under samples (n,) at rising times (n,), in value x time.

    ``linear`` joins samples by lines. ``linear_log`` does so where values rise, are equal or 0,
    and by exponentials where they fall, `(a - b) dt / ln(a/b)`: exact for a course of that shape.
    """
    return float(cumulative_auc(times, values, rule)[-1])


def cumulative_auc(times: Array, values: Array, rule: Rule = "linear_log") -> Array:
    """Return the area (n,) from the first sample to each, by the rule of `auc`."""
    times, values = _course(times, values)
    before, after, dt = values[:-1], values[1:], np.diff(times)
    areas = 0.5 * (before + after) * dt
    if rule == "linear_log":
        falls = _falls(values)
        ratio = np.log(before[falls] / after[falls])
        areas[falls] = (before[falls] - after[falls]) * dt[falls] / ratio
    elif rule != "linear":
        msg = f"auc: unknown rule '{rule}'; allowed: linear, linear_log"
        raise InputError(msg)
    return np.concatenate([[0.0], np.cumsum(areas)])


def auc_slope(times: Array, values: Array, slopes: Array) -> float:
    """Return how `auc` (``linear_log``) changes where the samples change by `slopes` (n,)."""
    times, values = _course(times, values)
    a, b, one, two = values[:-1], values[1:], slopes[:-1], slopes[1:]
    dt = np.diff(times)
    found = 0.5 * (one + two) * dt
    falls = _falls(values)
    a, b, one, two, dt = a[falls], b[falls], one[falls], two[falls], dt[falls]
    ratio = np.log(a / b)
    found[falls] = dt * ((one - two) - (a - b) / ratio * (one / a - two / b)) / ratio
    return float(found.sum())


def _falls(values: Array) -> NDArray[np.bool_]:
    """Return between which samples a course falls so far that it is taken for an exponential."""
    # Close to a ratio of one the logarithm loses digits, and a line is as good.
    found: NDArray[np.bool_] = (values[1:] > 0) & (values[1:] < values[:-1] * (1 - 1e-6))
    return found


def half_life(times: Array, values: Array, start: float, end: float = np.inf) -> float:
    """Return ln 2 over the slope of -ln(values) by least squares over the samples in a window.

    nan where fewer than two samples are above 0, inf where they do not fall.
    """
    times, values = _course(times, values)
    inside = (times >= start) & (times <= end) & (values > 0)
    if inside.sum() < 2:
        return float("nan")
    slope = np.polyfit(times[inside] - times[inside][0], np.log(values[inside]), 1)[0]
    return float(np.log(2) / -slope) if slope < 0 else float("inf")


def terminal_half_lives(times: Array, values: Array) -> tuple[float, float]:
    """Return the half-lives of the first third of the fall from Cmax, and of the last days.

    The first ends where ln(value) has done a third of its way, and is shorter the further the
    fall goes; the last is over the last quarter of the time since Cmax, and tends to that of the
    slowest phase as the course gets longer. A course of one phase gives the same twice.
    """
    times, values = _course(times, values)
    peak = int(np.argmax(values))
    later, level = times[peak:], values[peak:]
    later, level = later[level > 0], level[level > 0]
    if level.size < 4:
        return float("nan"), float("nan")
    logs = np.log(level)
    third = (logs[0] - logs[-1]) / 3.0
    early = later[logs >= logs[0] - third]
    begin = later[-1] - _LATE * (later[-1] - later[0])
    first = half_life(later, level, later[0], max(early[-1], later[1]))
    last = half_life(later, level, min(begin, later[-2]), later[-1])
    return first, last


def survivors(rate: float, area: float) -> float:
    """Return the share of targets that outlives an exposure: exp(-k AUC).

    `rate` k is per time and concentration, `area` in concentration x time.
    """
    if not (rate >= 0 and area >= 0):
        msg = f"survivors: rate {rate:g} and area {area:g} must be 0 or more"
        raise InputError(msg)
    return float(np.exp(-rate * area))


def killing_potential(
    times: Array, killing_rate: Array, cells: Array, rule: Rule = "linear_log"
) -> float:
    """Return the integral of k(A) C: the kills that effectors `cells` (n,) could do.

    `killing_rate` (n,) is k at the antigen A of each time, per cell and day; `cells` counts, or
    their concentration, in the tumour.
    """
    rates = np.asarray(killing_rate, dtype=float)
    return auc(times, rates * np.asarray(cells, dtype=float), rule)


def _course(times: Array, values: Array) -> tuple[Array, Array]:
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if times.ndim != 1 or times.shape != values.shape or times.size < 2:
        msg = f"metrics: times {times.shape} and values {values.shape} must be two equal columns"
        raise InputError(msg)
    if not (np.all(np.diff(times) > 0) and np.isfinite(times).all()):
        raise InputError("metrics: times must rise")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise InputError("metrics: values must be finite and not negative")
    return times, values
