"""The figure of monitored patients: values, courses before and after, chances of events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours, log_limits
from cartflow.results.figures.fitted import label, require_variables

_MOST_PATIENTS, _MOST_QUANTITIES = 8, 5
_BEFORE, _AFTER = "#999999", "#0072B2"
_NEEDED = ("course_median", "prior_course_median", "value", "value_time", "draw_weight")


def plot_monitored(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of monitored patients as PNG."""
    save_figure(monitored_figure(dataset), path)


def require_monitored(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of monitored patients misses."""
    require_variables(dataset, _NEEDED)


def monitored_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure with a row for each patient: a panel a quantity, and one of chances."""
    require_monitored(dataset)
    rows = min(dataset.sizes["patient"], _MOST_PATIENTS)
    quantities = min(dataset.sizes["quantity"], _MOST_QUANTITIES)
    columns = quantities + ("event" in dataset.dims)
    figure = Figure(figsize=(4.2 * columns, 3.2 * rows + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    for k, axes in enumerate(figure.subplots(rows, columns, squeeze=False)):
        one = dataset.isel(patient=k)
        for q in range(quantities):
            _course(axes[q], one, q)
        if "event" in dataset.dims:
            _chances(axes[-1], one)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    figure.supxlabel(str(dataset.attrs.get("comment", "")), fontsize=8, style="italic")
    return figure


def _course(axes: Axes, one: xr.Dataset, q: int) -> None:
    name, unit = (str(one[n].values[q]) for n in ("quantity", "quantity_unit"))
    days = one["time"].values
    shown = []
    for prefix, colour, text in (
        ("prior_course", _BEFORE, "before"),
        ("course", _AFTER, "after"),
    ):
        low, middle, high = (
            one[f"{prefix}_{part}"].values[q] for part in ("low", "median", "high")
        )
        axes.fill_between(days, low, high, color=colour, alpha=0.3, linewidth=0)
        axes.plot(days, middle, color=colour, linewidth=1.2, label=f"{text} the values, 90 %")
        shown += [low[1:], middle, high]
    here = (one["observable"].values == name) & (one["subject"].values == one["patient"].item())
    low = one["censored"].values.astype(bool)
    times, value, limit = (one[n].values for n in ("value_time", "value", "lloq"))
    axes.plot(times[here & ~low], value[here & ~low], "o", color="black", markersize=3.5)
    axes.plot(times[here & low], limit[here & low], "v", color="black", markersize=4, mfc="none")
    if here.any():
        axes.axvline(times[here].max(), color="black", linewidth=0.6, linestyle=":")
    everything = np.concatenate([*shown, value[here & ~low], limit[here & low]])
    if np.nanmin(everything) >= 0 and np.nanmax(everything) > 0:
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(everything, 6.0))
    axes.legend(fontsize=6, loc="best")
    label(axes, f"{one['patient'].item()}: {name}", "time (day)", "" if unit == "1" else unit)


def _chances(axes: Axes, one: xr.Dataset) -> None:
    days, names = one["time"].values, one["event"].values
    for k, colour in enumerate(colours(len(names))):
        middle, error = one["chance_by"].values[k], one["chance_by_error"].values[k]
        ends = np.clip([middle - 2.0 * error, middle + 2.0 * error], 0.0, 1.0)
        axes.fill_between(days, *ends, color=colour, alpha=0.3, linewidth=0)
        axes.plot(days, middle, color=colour, linewidth=1.2, label=str(names[k]))
        axes.plot(days, one["prior_chance_by"].values[k], "--", color=colour, linewidth=0.8)
    axes.set_ylim(-0.02, 1.02)
    axes.legend(fontsize=6, loc="best")
    label(axes, "chance by then (dashed: before)", "time (day)", "chance")
