"""The figure of a population's fit: courses, observed against predicted, predictive check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours
from cartflow.results.figures.fitted import (
    decades,
    label,
    over_decades,
    points,
    require_variables,
    residuals,
    unit_of,
)

_MOST = 6
_NEEDED = ("curve_middle", "value", "predicted", "typical_predicted", "residual", "random_effect")


def plot_mixed_fit(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a population's fit as PNG."""
    save_figure(mixed_fit_figure(dataset), path)


def require_mixed_fit(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of a population's fit misses."""
    require_variables(dataset, _NEEDED)


def mixed_fit_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure with a row of four panels for each observable."""
    require_mixed_fit(dataset)
    names = observables(dataset)
    figure = Figure(figsize=(13.6, 3.2 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    for row, name in zip(figure.subplots(len(names), 4, squeeze=False), names, strict=True):
        draw_row(row, dataset, name)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    return figure


def observables(dataset: xr.Dataset) -> list[str]:
    """Return the observables that are drawn."""
    return list(dict.fromkeys(dataset["curve_observable"].values.tolist()))[:_MOST]


def draw_row(row: Sequence[Axes], dataset: xr.Dataset, name: str) -> None:
    """Draw an observable: courses, measured against predicted, residuals, predictive check."""
    _courses(row[0], dataset, name)
    _against(row[1], dataset, name)
    residuals(row[2], dataset, name)
    _check(row[3], dataset, name)


def _courses(axes: Axes, dataset: xr.Dataset, name: str) -> None:
    places = [k for k, n in enumerate(dataset["curve_observable"].values) if n == name]
    for colour, place in zip(colours(len(places)), places, strict=True):
        curve = dataset.isel(curve=place)
        axes.plot(curve["curve_time"].values, curve["curve_middle"].values, color=colour, lw=1.0)
        subject = str(curve["curve_subject"].values)
        here = dataset["observable"].values == name
        points(axes, dataset, here & (dataset["subject"].values == subject), colour, subject)
    over_decades(dataset, name, axes, "y")
    label(axes, f"{name}: subjects", "time (day)", unit_of(dataset, name))


def _against(axes: Axes, dataset: xr.Dataset, name: str) -> None:
    here = dataset["observable"].values == name
    value = dataset["value"].values[here]
    for predicted, text in (("typical_predicted", "typical"), ("predicted", "own")):
        axes.plot(dataset[predicted].values[here], value, ".", markersize=4, label=text)
    low = (decades(dataset, name) or (0.0, 0.0))[0]
    top = float(np.nanmax(value))
    axes.plot([low, top], [low, top], color="black", linewidth=0.8)
    over_decades(dataset, name, axes, "xy")
    axes.legend(fontsize=6)
    label(axes, f"{name}: measured", "predicted", unit_of(dataset, name))


def _check(axes: Axes, dataset: xr.Dataset, name: str) -> None:
    """Draw percentiles that were seen, over the bands in which simulated ones lie."""
    if "bin_seen" not in dataset:
        axes.set_axis_off()
        return
    one = dataset.isel(bin=np.flatnonzero(dataset["bin_observable"].values == name))
    time = one["bin_time"].values
    for k, colour in enumerate(("tab:blue", "tab:red", "tab:blue")):
        ends = one["bin_low"].values[:, k], one["bin_high"].values[:, k]
        axes.fill_between(time, *ends, color=colour, alpha=0.25, linewidth=0)
        axes.plot(time, one["bin_seen"].values[:, k], ".-", color="black", linewidth=0.8)
    over_decades(dataset, name, axes, "y")
    label(axes, f"{name}: 5, 50, 95 % measured, simulated", "time (day)", unit_of(dataset, name))
