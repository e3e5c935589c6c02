"""The figure of a fit: data with prediction and bands, residuals, profiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.fit_depths import over_depth, shown
from cartflow.results.figures.fitted import courses, label, require_variables, residuals

_MOST_CURVES, _MOST_PROFILES, _COLUMNS = 8, 12, 4
_NEEDED = ("curve_middle", "value", "predicted", "residual", "estimate", "parameter_unit")


def plot_fit(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a fit as PNG."""
    save_figure(fit_figure(dataset), path)


def require_fit(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of a fit misses."""
    require_variables(dataset, _NEEDED)


def fit_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure of observables over time, of residuals, and of each parameter's profile.

    Profiles are over depth, each subject's in a panel of its own.
    """
    require_fit(dataset)
    names = shown(dataset)[:_MOST_CURVES]
    profiled = "profile_value" in dataset
    count = min(dataset.sizes["parameter"], _MOST_PROFILES) if profiled else 0
    panels = 2 * len(names) + count
    rows = -(-panels // _COLUMNS)
    columns = min(panels, _COLUMNS)
    figure = Figure(figsize=(3.4 * columns, 2.7 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for k, (name, subject) in enumerate(names):
        if subject is None:
            courses(axes[2 * k], dataset, name)
        else:
            over_depth(axes[2 * k], dataset, name, subject)
        residuals(axes[2 * k + 1], dataset, name, subject)
    for k in range(count):
        _profile(axes[2 * len(names) + k], dataset, k)
    for empty in axes[panels:]:
        empty.set_axis_off()
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    return figure


def _profile(axes: Axes, dataset: xr.Dataset, k: int) -> None:
    one = dataset.isel(parameter=k)
    value, rise = one["profile_value"].values, one["profile_rise"].values
    axes.plot(value, rise, ".-", markersize=3, linewidth=1.0)
    # Files from before small samples were counted have chi-squared's.
    wanted = float(one["rise_95"]) if "rise_95" in one else 3.841458820694124
    axes.axhline(wanted, color="grey", linewidth=0.6, linestyle=":")
    axes.axvline(float(one["estimate"]), color="black", linewidth=0.6)
    axes.set_ylim(-0.2, 6.0 if wanted < 5.0 or not np.isfinite(wanted) else 1.3 * wanted)
    seen = value[np.isfinite(value)]
    if int(one["logarithmic"]) and seen.size and seen.max() > 5 * seen.min() > 0:
        axes.set_xscale("log")
    unit = str(one["parameter_unit"].values)
    label(axes, str(one["parameter"].values), "" if unit == "1" else unit, "rise of -2 ln L")
