"""Profiles of a fit: what was measured over depth, at each time, with what is predicted."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes

from cartflow.results.figures.fitted import label, unit_of

_MOST_NAMED = 8
# Of cividis, whose end is too light on white.
_LIGHTEST = 0.85


def shown(dataset: xr.Dataset) -> list[tuple[str, str | None]]:
    """Return the panels: observables over time, and profiles with the subject whose they are."""
    names = dataset["curve_observable"].values.tolist()
    whose = dataset["curve_subject"].values.tolist()
    deep = [False] * len(names)
    if "curve_depth" in dataset:
        deep = np.isfinite(dataset["curve_depth"].values).any(axis=1).tolist()
    panels = zip(names, whose, deep, strict=True)
    return list(dict.fromkeys((name, who if there else None) for name, who, there in panels))


def over_depth(axes: Axes, dataset: xr.Dataset, name: str, subject: str) -> None:
    """Draw a subject's profiles, measured and predicted with the 90 % band, a colour each time."""
    mine = dataset["curve_observable"].values == name
    places = np.flatnonzero(mine & (dataset["curve_subject"].values == subject))
    for number, place in enumerate(places):
        colour = colormaps["cividis"](_LIGHTEST * number / max(len(places) - 1, 1))
        curve = dataset.isel(curve=place)
        depth, time = curve["curve_depth"].values, float(curve["curve_time"][0])
        ends = curve["curve_low"].values, curve["curve_high"].values
        axes.fill_between(depth, *ends, color=colour, alpha=0.3, linewidth=0)
        named = f"{time:.3g} day" if len(places) <= _MOST_NAMED else None
        axes.plot(depth, curve["curve_middle"].values, color=colour, linewidth=1.2, label=named)
        _measured(axes, dataset, name, subject, time, colour)
    if len(places) <= _MOST_NAMED:
        axes.legend(fontsize=6)
    label(axes, f"{name}, {subject}", "depth (mm)", unit_of(dataset, name))


def _measured(
    axes: Axes, dataset: xr.Dataset, name: str, subject: str, time: float, colour: object
) -> None:
    """Draw what was measured at a time; what is below quantification at its limit."""
    here = (dataset["observable"].values == name) & (dataset["subject"].values == subject)
    here &= dataset["time"].values == time
    low = dataset["censored"].values.astype(bool)
    for which, what, mark in ((here & ~low, "value", "."), (here & low, "lloq", "v")):
        depth, values = dataset["depth"].values[which], dataset[what].values[which]
        axes.plot(depth, values, mark, color=colour, markersize=4, fillstyle="none")
