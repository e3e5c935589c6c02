"""Figure and numbers of the case on depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.figure import Figure

from cartflow.core.dataset import as_stated, label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.sheets import sheet
from cartflow.validation.transport.entry import Entry
from cartflow.validation.transport.first_passage import (
    UM2_PER_MIN,
    UM_PER_MIN,
    chance_alive,
    mean_time,
)
from cartflow.validation.transport.steady_profiles import Steady

Array = np.ndarray

RADII = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # mm
MOTILITIES = (0.1, 2.0, 16.0, 67.0)  # um2/min
DRIFTS = (0.0, 0.05, 0.1, 0.5, 1.0, 2.0)  # um/min


@dataclass(frozen=True, kw_only=True)
class Way:
    """A passage from rim to target (mm): motility um2/min, drift um/min, times in days."""

    engine: str
    radius: float
    target: float
    motility: float
    drift: float
    time: float
    exact: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """All runs of the case; `lives` are engine, radius, motility, life, (measured, exact)."""

    profiles: Sequence[Steady]
    ways: Sequence[Way]
    reported: Sequence[tuple[Way, float]]
    lives: Sequence[tuple[str, float, float, float, tuple[float, float]]]
    arrivals: tuple[Array, Array]
    arrival_mean: float
    gap: float
    rim: Entry
    entries: Sequence[Entry]


def time_to_inner_half(radius: float, motility: float, drift: float) -> float:
    """Return the exact mean time in days (mm, um2/min, um/min)."""
    return mean_time(radius, 0.5 * radius, motility * UM2_PER_MIN, drift * UM_PER_MIN)


def claim_table() -> str:
    """Return the times over radius and motility as a line of text, days."""
    lines = []
    for radius in (1.0, 5.0, 10.0):
        for motility in (2.0, 16.0):
            days = [time_to_inner_half(radius, motility, v) for v in (0.0, 0.1, 0.5, 2.0)]
            numbers = ", ".join(f"{d:.3g}" if d < 1000 else f"{d:.0f}" for d in days)
            lines.append(f"{radius:g} mm, {motility:g}: {numbers}")
    return "; ".join(lines)


def figure(found: Found) -> Figure:
    """Return profiles, times over radius, chances over life, and where entered cells are."""
    result, (profiles, times, chances, shares) = sheet(2, 2, width=5.0, height=3.8)
    _profiles(profiles, found.profiles)
    _times(times, found)
    _chances(chances, found)
    _shares(shares, found.entries)
    return result


def _profiles(axes: Any, profiles: Sequence[Steady]) -> None:
    fast = [p for p in profiles if p.engine == "fast"]
    for profile, colour in zip(fast, colours(len(fast)), strict=True):
        order = np.argsort(profile.depth)
        depth = profile.depth[order]
        axes.plot(depth, profile.exact[order] / 1e4, color=colour, label=profile.name)
        axes.plot(depth[::8], profile.profile[order][::8] / 1e4, "o", color=colour, ms=3)
    axes.set_xlabel("depth (mm)")
    axes.set_ylabel("density (10⁴ cells/mm³)")
    axes.set_title("Steady profiles, Thiele modulus 1: exact (lines), engine (dots)", fontsize=9)
    axes.legend(frameon=False, fontsize=7)


def _times(axes: Any, found: Found) -> None:
    radii = np.geomspace(0.1, 10.0, 40)
    axes.axhspan(14, 180, color="0.90", lw=0)
    axes.text(0.105, 50.0, "weeks to months", fontsize=8, va="center", color="0.3")
    axes.axhspan(0.04, 1, color="0.82", lw=0)
    axes.text(9.0, 0.06, "hours", fontsize=8, ha="right", va="center", color="0.3")
    for motility, style in ((2.0, "-"), (16.0, "--")):
        for drift in (0.0, 0.1, 0.5, 2.0):
            days = [time_to_inner_half(r, motility, drift) for r in radii]
            colour = colormaps["cividis"](0.95 - 0.95 * [0.0, 0.1, 0.5, 2.0].index(drift) / 3.3)
            name = f"drift {drift:g} um/min" if motility == 2.0 else None
            axes.loglog(radii, days, style, color=colour, label=name)
    for way in found.ways:
        shown = way.motility in (2.0, 16.0) and way.drift in (0.0, 0.1, 0.5, 2.0)
        if shown and way.target == 0.5 * way.radius and way.engine == "fast":
            axes.plot(way.radius, way.time, "o", mec="k", mfc="none", ms=4)
    axes.set_ylim(0.04, 3e4)
    axes.set_xlabel("radius of the tumour (mm)")
    axes.set_ylabel("mean time to the inner half (day)")
    axes.set_title("D = 2 (lines), 16 um²/min (dashes); circles: engine", fontsize=9)
    axes.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(0.0, 0.98))


def _chances(axes: Any, found: Found) -> None:
    lives = np.geomspace(2.0, 100.0, 40)
    pairs = ((1.0, 2.0), (5.0, 2.0), (5.0, 16.0))
    for (radius, motility), colour in zip(pairs, colours(3), strict=True):
        line = [chance_alive(radius, 0.5 * radius, motility * UM2_PER_MIN, t) for t in lives]
        axes.loglog(lives, line, color=colour, label=f"R = {radius:g} mm, D = {motility:g}")
        for engine, r, d, life, (chance, _) in found.lives:
            if (r, d) == (radius, motility):
                axes.plot(life, chance, "o" if engine == "fast" else "x", color=colour, ms=5)
    axes.set_ylim(1e-10, 2.0)
    axes.set_xlabel("mean life of a cell (day)")
    axes.set_ylabel("chance to reach the inner half")
    axes.set_title("At random from the rim: exact (lines), engines (o fast, x fipy)", fontsize=9)
    axes.legend(frameon=False, fontsize=8)


def _shares(axes: Any, entries: Sequence[Entry]) -> None:
    for entry, colour in zip(entries, colours(len(entries)), strict=True):
        shown = entry.deeper > 1e-9
        axes.semilogy(entry.depth[shown], entry.deeper[shown], color=colour, label=entry.name)
    axes.axvline(2.5, color="0.7", lw=0.8)
    axes.set_ylim(1e-6, 1.5)
    axes.set_xlabel("depth (mm)")
    axes.set_ylabel("share of the cells deeper than that")
    axes.set_title("Ball of 5 mm after 14 days of entry (um²/min, um/min)", fontsize=9)
    axes.legend(frameon=False, fontsize=7)


def dataset(found: Found) -> xr.Dataset:
    """Return the table of times, the passages that were measured, and the shares by depth."""
    times = [[[time_to_inner_half(r, d, v) for v in DRIFTS] for d in MOTILITIES] for r in RADII]
    names = [
        f"R {w.radius:g} mm, a {w.target:g} mm, D {w.motility:g} um2/min, v {w.drift:g} um/min, "
        f"{w.engine}"
        for w in found.ways
    ]
    return xr.Dataset(
        {
            "time_to_inner_half": variable(
                ("radius", "motility", "drift"), times, "day", "exact mean first-passage time"
            ),
            "passage_time": variable(
                ("passage",), [w.time for w in found.ways], "day", "measured mean passage time"
            ),
            "passage_time_exact": variable(
                ("passage",), [w.exact for w in found.ways], "day", "exact mean passage time"
            ),
            "share_deeper": variable(
                ("entry", "depth"),
                [e.deeper for e in found.entries],
                "1",
                "share of the cells deeper than the depth, after 14 days",
            ),
        },
        coords={
            "radius": variable(("radius",), list(RADII), "mm", "radius of the tumour"),
            "motility": as_stated(("motility",), list(MOTILITIES), "um^2/min", "motility"),
            "drift": as_stated(("drift",), list(DRIFTS), "um/min", "drift inwards"),
            "passage": label(("passage",), names, "passage and engine"),
            "entry": label(("entry",), [e.name for e in found.entries], "way in"),
            "depth": variable(("depth",), found.entries[0].depth, "mm", "depth"),
        },
    )
