"""The figure of a comparison between bodies."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours, decade_limits, log_limits
from cartflow.results.figures.bands import makers, ratios

_POINTS = (
    ("delivery", "Delivery", "cells per infused cell and mL of tumour"),
    ("equivalent_dose", "Dose of equal delivery", "cells"),
    ("blood_auc", "Exposure of blood", "cells/uL x day"),
)
_COURSES = (
    ("blood_course", "Venous blood", "cells/uL", True),
    ("tumour_course", "In the tumour", "cells", True),
    ("depth_course", "Depth of 95 % of the cells", "mm", False),
)


def comparison_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure of delivery, equivalent dose and exposure, and of the courses in time."""
    made = "share_of_spread" in dataset
    figure = Figure(figsize=(14, 12 if made else 8), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower, *more = figure.subplots(3 if made else 2, 3)
    if made:
        ratios(more[0][0], dataset)
        makers(more[0][1], dataset)
        more[0][2].set_axis_off()
    for axes, (name, title, unit) in zip(upper, _POINTS, strict=True):
        _points(axes, dataset[name], title, unit)
    if "delivery_low" in dataset:
        _band(upper[0], dataset)
    for axes, (name, title, unit, logarithmic) in zip(lower, _COURSES, strict=True):
        _courses(axes, dataset[name], title, unit, logarithmic)
    lower[0].legend(fontsize="small")
    rule = str(dataset.attrs["dose_rule"]).replace("_", " ")
    where = dataset.attrs.get("reference_body", "a body that is not stated")
    figure.suptitle(f"{dataset.attrs.get('title', '')} (dose: {rule}, as in {where})")
    return figure


def plot_comparison(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a comparison as PNG."""
    save_figure(comparison_figure(dataset), path)


def _points(axes: Axes, values: xr.DataArray, title: str, unit: str) -> None:
    names = [str(name) for name in values["body"].values]
    places = np.arange(len(names))
    # Points, not bars: a logarithmic axis has no zero for a bar to start from.
    axes.scatter(values.values, places, color=colours(len(names)), s=80)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=True, alpha=0.3)
    if np.all(values.values > 0) and np.all(np.isfinite(values.values)):
        axes.set_xscale("log")
        axes.set_xlim(*decade_limits(values.values))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title(title)
    axes.set_xlabel(unit)


def _band(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw the band of delivery over models and rules behind the study's own, and its median."""
    names = ("delivery_low", "delivery_median", "delivery_high")
    low, middle, high = (dataset[name].values for name in names)
    places = np.arange(low.size)
    axes.hlines(places, low, high, color="grey", linewidth=7, alpha=0.35, zorder=0)
    known = [low, high, dataset["delivery"].values]
    words = ""
    if "delivery_p05" in dataset:
        low, middle, high = (dataset[f"delivery_{name}"].values for name in ("p05", "p50", "p95"))
        axes.hlines(places, low, high, color="black", linewidth=1.2, zorder=1)
        words = f"; line: 90 % with {dataset.sizes['draw']} draws of the numbers"
        known += [low, high]
    axes.plot(middle, places, "|", color="black", markersize=12)
    joined = np.concatenate(known)
    if np.all(np.isfinite(joined)) and np.all(joined > 0):
        axes.set_xscale("log")
        axes.set_xlim(*decade_limits(joined))
    count = dataset["delivery_by_choice"].sizes
    models, rules = count["trafficking"], count["scaling"]
    title = f"Delivery; band and median of {models} models x {rules} rules{words}"
    axes.set_title(textwrap.fill(title, 60), fontsize="medium")


def _courses(axes: Axes, values: xr.DataArray, title: str, unit: str, logarithmic: bool) -> None:
    names = [str(name) for name in values["body"].values]
    # Depths may all be the same: there the first lines are the widest, so that all show.
    widths = np.linspace(1.5 if logarithmic else 4.0, 1.5, len(names))
    for name, colour, width in zip(names, colours(len(names)), widths, strict=True):
        course = values.sel(body=name).dropna("time")
        course = course.sel(time=course["time"] > 0)
        axes.plot(course["time"], course, label=name, color=colour, linewidth=width)
    if (values["time"] > 0).any():
        axes.set_xscale("log")
    if logarithmic and (values > 0).any():
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(values.values, decades=12.0))
    else:
        axes.set_ylim(0.0, 1.1 * float(values.max()) if values.max() > 0 else 1.0)
    axes.set_title(title)
    axes.set_xlabel("days")
    axes.set_ylabel(unit)
