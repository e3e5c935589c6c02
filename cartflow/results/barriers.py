"""What stands between infusion and the tumour's core: three factors whose product is exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Array = np.ndarray
_FACTORS = ("entry", "persistence", "penetration")
# Of the group `summary`: unit, and what it is.
BARRIERS = {
    "entry": ("1", "product cells that came into the tumour per cell infused"),
    "persistence": ("1", "cell-days in the tumour per cell that came in and day since infusion"),
    "penetration": ("1", "mean density of the core over that of the tumour"),
    "time_to_core": ("day", "when the core first has half of the tumour's density"),
    "days": ("day", "from the first infusion to the end"),
}
# The core is what lies deeper than this share of the deepest place.
CORE_FROM = 0.5
# Integrals over saved times that are farther off than this are not told.
_MOST_OFF = 0.1


@dataclass(frozen=True, kw_only=True)
class Barriers:
    """Three factors of the exposure of the core (cell-days per mm3), nan where there is none.

    exposure = infused x entry x persistence x days x penetration / volume of the tumour:
    `entry`, cells that came in per cell infused; `persistence`, cell-days in the tumour per
    cell that came in, offspring included, over the `days` since the first was infused;
    `penetration`, the core's mean density over the tumour's. `time_to_core` (day) is when the
    core first holds half of the tumour's density; nan if it never does. Where the saved times lie
    too far apart for integrals over them, `persistence`, `penetration` and `time_to_core` are nan.
    """

    entry: float
    persistence: float
    penetration: float
    time_to_core: float
    days: float

    @property
    def largest(self) -> str:
        """The barrier that takes most: the smallest factor below 1, or '' if none is below."""
        factors = {name: getattr(self, name) for name in _FACTORS}
        known = {name: value for name, value in factors.items() if value < 1.0}
        return min(known, key=lambda name: known[name]) if known else ""


_NONE = Barriers(**dict.fromkeys(BARRIERS, float("nan")))


def barriers(
    times: Array,
    infused: Array,
    entered: Array,
    inside: Array,
    core: Array,
    core_share: float,
    stayed: Array | None = None,
    since: float | None = None,
) -> Barriers:
    """Return the factors from courses (time,) of saved times (day) of all product cells.

    `infused` and `entered` are cumulative, `inside` the cells in the tumour and `core` those in
    its core, whose share of the volume is `core_share`. Between saved times it is linear; where
    that is more than a tenth off, integrals are left out. By `stayed`, the cell-days until each
    time, it is known how far off it is, else estimated from every second saved time. `since` is
    when infusion begins, where that is before the first saved time at which cells are infused.
    """
    given = np.flatnonzero(infused > 0)
    nothing = not given.size or entered[-1] <= 0 or not 0.0 < core_share < 1.0
    if nothing:
        return _NONE
    days = float(times[-1] - (times[given[0]] if since is None else since))
    if days <= 0:
        return _NONE
    cell_days, in_core = (float(np.trapezoid(course, times)) for course in (inside, core))
    if cell_days <= 0:
        return _NONE
    entry = float(entered[-1] / infused[-1])
    passed = None if stayed is None else float(stayed[-1])
    if _off(inside, times, passed) > _MOST_OFF or _off(core, times) > _MOST_OFF:
        return replace(_NONE, entry=entry, days=days)
    return Barriers(
        entry=entry,
        persistence=cell_days / float(entered[-1]) / days,
        penetration=in_core / cell_days / core_share,
        time_to_core=_first(times, core - 0.5 * core_share * inside, inside > 0),
        days=days,
    )


def _off(course: Array, times: Array, exact: float | None = None) -> float:
    """Return how far the integral over saved times is off, relatively: of the second order."""
    fine = float(np.trapezoid(course, times))
    if exact is not None and exact > 0:
        return abs(fine / exact - 1.0)
    some = np.unique([*range(0, len(times), 2), len(times) - 1])
    coarse = float(np.trapezoid(course[some], times[some]))
    return abs(fine - coarse) / 3.0 / fine if fine > 0 else 0.0


def _first(times: Array, above: Array, there: Array) -> float:
    """Return when `above` is first not below 0 where cells are `there`, linear between times."""
    reached = np.flatnonzero(there & (above >= 0))
    if not reached.size:
        return float("nan")
    last = int(reached[0])
    if last == 0 or not there[last - 1]:
        return float(times[last])
    low, high = above[last - 1], above[last]
    return float(times[last - 1] + (times[last] - times[last - 1]) * low / (low - high))


def in_words(found: Barriers) -> str:
    """Return the factors as a sentence, and which is the smallest; '' where there is none."""
    if not np.isfinite(found.entry):
        return ""
    came = f"{found.entry:.3g} per infused cell came in"
    if not np.isfinite(found.persistence):
        return f"{came}; what became of them is not told, since saved times lie too far apart"
    lasting = found.persistence * found.days
    when = (
        f"half of the tumour's density first on day {found.time_to_core:.3g}"
        if np.isfinite(found.time_to_core)
        else "never half of the tumour's density"
    )
    told = (
        f"{came}; each, with its offspring, made "
        f"{lasting:.3g} cell-days in {found.days:.4g} days; the core (deeper than half) had "
        f"{found.penetration:.3g} of the tumour's mean, {when}"
    )
    return f"{told}: {_SAID[found.largest]}"


_SAID = {
    "entry": "entry takes most",
    "persistence": "the cells' short stay takes most",
    "penetration": "the way to the core takes most",
    "": "no barrier takes anything",
}
