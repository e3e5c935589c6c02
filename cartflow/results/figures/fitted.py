"""What the figures of a fit and of a population's fit share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.outcome import InputError
from cartflow.core.ticks import colours


def require_variables(dataset: xr.Dataset, names: Sequence[str]) -> None:
    """Raise `InputError` naming the first variable that the figure of a fit misses."""
    for name in names:
        if name not in dataset.variables:
            msg = f"/: the variable '{name}' is missing"
            raise InputError(msg)


def unit_of(dataset: xr.Dataset, name: str) -> str:
    """Return the unit of an observable as a label, of a plain number nothing."""
    unit = str(dataset["unit"].values[dataset["observable"].values == name][0])
    return "" if unit == "1" else unit


def courses(axes: Axes, dataset: xr.Dataset, name: str) -> None:
    """Draw what was measured of an observable over time, with its curves and their bands."""
    places = [k for k, n in enumerate(dataset["curve_observable"].values) if n == name]
    measured = dataset["observable"].values == name
    for colour, place in zip(colours(len(places)), places, strict=True):
        curve = dataset.isel(curve=place)
        time = curve["curve_time"].values
        subject = str(curve["curve_subject"].values)
        if len(places) <= 3:
            ends = curve["curve_new_low"].values, curve["curve_new_high"].values
            axes.fill_between(time, *ends, color=colour, alpha=0.12, linewidth=0)
        ends = curve["curve_low"].values, curve["curve_high"].values
        axes.fill_between(time, *ends, color=colour, alpha=0.3, linewidth=0)
        axes.plot(time, curve["curve_middle"].values, color=colour, linewidth=1.2)
        here = measured & (dataset["subject"].values == subject)
        points(axes, dataset, here, colour, subject)
    over_decades(dataset, name, axes, "y")
    if 1 < len(places) <= 6:
        axes.legend(fontsize=6)
    label(axes, name, "time (day)", unit_of(dataset, name))


def points(axes: Axes, dataset: xr.Dataset, here: np.ndarray, colour: object, text: str) -> None:
    """Draw the values of `here`, and the limits of those below quantification as triangles."""
    low = dataset["censored"].values.astype(bool)
    time, value = dataset["time"].values, dataset["value"].values
    seen, below = here & ~low, here & low
    axes.plot(time[seen], value[seen], ".", color=colour, markersize=4, label=text)
    # Files of populations from before have no limits.
    if "lloq" in dataset:
        limit = dataset["lloq"].values[below]
        axes.plot(time[below], limit, "v", color=colour, markersize=4, fillstyle="none")


def decades(dataset: xr.Dataset, name: str) -> tuple[float, float] | None:
    """Return the ends of a logarithmic axis for an observable; None where a straight one serves."""
    values = dataset["value"].values[dataset["observable"].values == name]
    values = values[np.isfinite(values)]
    if not (values.size and values.min() > 0 and values.max() > 30 * values.min()):
        return None
    return 0.3 * float(values.min()), 3.0 * float(values.max())


def over_decades(dataset: xr.Dataset, name: str, axes: Axes, which: str) -> None:
    """Make axes (``x``, ``y``, ``xy``) logarithmic where an observable's values span decades."""
    ends = decades(dataset, name)
    if ends is not None and "x" in which:
        axes.set(xscale="log", xlim=ends)
    if ends is not None and "y" in which:
        axes.set(yscale="log", ylim=ends)


def residuals(axes: Axes, dataset: xr.Dataset, name: str, subject: str | None = None) -> None:
    """Draw the standardised residuals of an observable over time, or of a `subject` over depth."""
    here = dataset["observable"].values == name
    over, words = dataset["time"].values, "time (day)"
    if subject is not None:
        here = here & (dataset["subject"].values == subject)
        over, words = dataset["depth"].values, "depth (mm)"
    axes.axhline(0.0, color="black", linewidth=0.8)
    for level in (-2.0, 2.0):
        axes.axhline(level, color="grey", linewidth=0.6, linestyle=":")
    axes.plot(over[here], dataset["residual"].values[here], ".", markersize=4)
    label(axes, f"{name}: residuals", words, "standard deviations")


def label(axes: Axes, title: str, x: str, y: str) -> None:
    """Give a panel its title and axes, with a light grid."""
    axes.set_title(title, fontsize=8)
    axes.set_xlabel(x, fontsize=7)
    axes.set_ylabel(y, fontsize=7)
    axes.tick_params(labelsize=6)
    axes.grid(alpha=0.3)
