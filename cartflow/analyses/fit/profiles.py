"""Profile likelihoods: how well the data can be described with one number held elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.optimise import Found, search
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.small_samples import SmallSamples

Array = np.ndarray
_RISE = 0.35  # wanted in the root of the rise from one point to the next
_MOST_POINTS = 40
_BEYOND = 1.17  # times the root of the highest rise that is wanted


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """A parameter's profile: values held, rises of -2 ln L, and its intervals.

    The ends of `interval_90` and `interval_95` are inner values, infinite where the profile does
    not rise enough within the range: to `wanted`, chi-squared's rises or those of small samples.
    """

    parameter: int
    inner: Array
    rise: Array
    interval_90: tuple[float, float]
    interval_95: tuple[float, float]
    wanted: tuple[float, float]
    better: Found | None = None

    def flat(self) -> list[str]:
        """Return on which sides no end is found: ``below``, ``above``."""
        low, high = self.interval_95
        return ["below"] * (not np.isfinite(low)) + ["above"] * (not np.isfinite(high))


def profiles(
    problem: Problem,
    best: Found,
    curved: Curvature,
    which: Sequence[int],
    sample: SmallSamples,
    threads: int,
    watch: Callable[[int, int], None] | None = None,
) -> list[Profile]:
    """Return the profiles of the parameters `which`, each walked from the best values outwards."""
    found: list[Profile] = []
    wanted = list(zip(sample.rises(0.9).tolist(), sample.rises(0.95).tolist(), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        try:
            for each in pool.map(lambda k: profile(problem, best, curved, k, wanted[k]), which):
                found.append(each)
                if watch is not None:
                    watch(len(found), 0)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return found


def profile(
    problem: Problem, best: Found, curved: Curvature, k: int, wanted: tuple[float, float]
) -> Profile:
    """Return the profile of parameter `k`, whose intervals of 90 and 95 % end at rises `wanted`."""
    with np.errstate(all="ignore"):
        return _profile(problem, best, curved, k, wanted)


def _profile(
    problem: Problem, best: Found, curved: Curvature, k: int, wanted: tuple[float, float]
) -> Profile:
    low, high = problem.bounds
    variance = curved.covariance[k, k]
    wide = float(np.sqrt(variance)) if variance > 0 else 0.1 * (high[k] - low[k])
    sides = []
    better: Found | None = None
    highest = _BEYOND * float(np.sqrt(wanted[1]))
    for way in (-1.0, 1.0):
        end = high[k] if way > 0 else low[k]
        points, lower = _walk(problem, best, curved, k, way * _RISE * wide, end, highest)
        sides.append(points)
        better = better or lower
    below, above = sides
    inner = np.array([p[0] for p in below[::-1]] + [best.inner[k]] + [p[0] for p in above])
    rise = np.array([p[1] for p in below[::-1]] + [0.0] + [p[1] for p in above])
    return Profile(
        parameter=k,
        inner=inner,
        rise=rise,
        interval_90=_interval(inner, rise, float(best.inner[k]), wanted[0]),
        interval_95=_interval(inner, rise, float(best.inner[k]), wanted[1]),
        wanted=wanted,
        better=better,
    )


def _walk(
    problem: Problem,
    best: Found,
    curved: Curvature,
    k: int,
    step: float,
    end: float,
    highest: float,
) -> tuple[list[tuple[float, float]], Found | None]:
    """Return the points (value, rise) to one side, and a better fit if one is met on the way."""
    points: list[tuple[float, float]] = []
    here, before = best.inner.copy(), 0.0
    way = _slope(curved, k)
    lower = None
    for _ in range(_MOST_POINTS):
        if here[k] == end:
            break
        moved = float(here[k] + step)
        moved = end if (moved - end) * np.sign(step) > 0 else moved
        tried = here + way * (moved - here[k])
        tried[k] = moved
        found = search(problem, tried, held=(k,))
        rise = 2.0 * (found.at.loss - best.at.loss)
        if not np.isfinite(rise):
            break
        points.append((moved, max(rise, 0.0)))
        if rise < -1e-3 and (lower is None or found.at.loss < lower.at.loss):
            lower = found
        root = float(np.sqrt(max(rise, 0.0)))
        grown = root - before
        if moved != here[k]:
            way = (found.inner - here) / (moved - here[k])
        here, before = found.inner.copy(), root
        if root > highest:
            break
        step *= float(np.clip(_RISE / max(grown, 0.05), 0.4, 2.5))
    return points, lower


def _slope(curved: Curvature, k: int) -> Array:
    """Return how the other parameters follow parameter `k` near the best values."""
    column = curved.covariance[:, k]
    variance = curved.covariance[k, k]
    if not (variance > 0 and np.isfinite(column[np.isfinite(column)]).all()):
        return np.zeros(len(column))
    return np.where(np.isfinite(column), column / variance, 0.0)


def _interval(inner: Array, rise: Array, best: float, level: float) -> tuple[float, float]:
    """Return where the root of the rise, which is nearly straight, passes that of `level`."""
    root = np.sqrt(np.maximum(rise, 0.0))
    wanted = float(np.sqrt(level))
    ends = []
    for way in (-1, 1):
        side = inner >= best if way > 0 else inner <= best
        values, roots = inner[side][::way], root[side][::way]
        over = np.flatnonzero(roots >= wanted)
        if not over.size or over[0] == 0:
            ends.append(way * np.inf)
            continue
        one, two = over[0] - 1, over[0]
        part = (wanted - roots[one]) / (roots[two] - roots[one])
        ends.append(float(values[one] + part * (values[two] - values[one])))
    return ends[0], ends[1]
