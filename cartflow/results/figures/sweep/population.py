"""A population: bands of percentiles over time, and how each outcome is spread and why."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cartflow.core.ticks import colours, log_limits
from cartflow.results.figures.sweep.draws import rank_correlations, ranks, scatter
from cartflow.results.figures.sweep.shown import MEMBER, Shown, constant, outcome_label, wide

_COLUMNS = 3
_BINS = 30
BANDS = ((0.05, 0.95, 0.2), (0.25, 0.75, 0.35))


def population_figure(what: Shown) -> Figure:
    """Return a figure of bands of up to three courses over time, and of up to three outcomes.

    Of an outcome it has the histogram with its percentiles, the rank correlations with what
    varies, and the scatter with the number that moves it most.
    """
    outcomes = what.outcomes[:_COLUMNS]
    courses = _different(what)[:_COLUMNS]
    rows = len(outcomes) + bool(courses)
    figure = Figure(figsize=(4.4 * _COLUMNS, 0.6 + 3.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False)
    if courses:
        for axes in panels[0, len(courses) :]:
            axes.set_axis_off()
        for axes, name in zip(panels[0], courses, strict=False):
            bands(axes, what.dataset[name])
    for row, outcome in zip(panels[bool(courses) :], outcomes, strict=True):
        _outcome(row, what, outcome)
    count = what.dataset.sizes[MEMBER]
    figure.suptitle(f"{what.dataset.attrs.get('title', '')}", fontsize="medium")
    panels[0, 0].set_title(f"{count} members: median, 50 % and 90 % of them", fontsize="small")
    return figure


def _different(what: Shown) -> list[str]:
    """Return the courses that are neither constant nor the same as one before."""
    found: list[str] = []
    for name in what.courses:
        values = what.dataset[name].values
        same = any(np.array_equal(values, what.dataset[other].values) for other in found)
        if not same and not constant(values):
            found.append(name)
    return found


def bands(axes: Axes, values: xr.DataArray) -> None:
    """Draw the median of a course over time, and the bands that hold half and 90 % of members."""
    numbers = values.transpose(MEMBER, "time").values
    numbers = numbers[np.isfinite(numbers).all(axis=1)]
    times = values["time"].values
    for low, high, alpha in BANDS:
        lower, upper = np.quantile(numbers, [low, high], axis=0)
        axes.fill_between(times, lower, upper, color=colours(1)[0], alpha=alpha, linewidth=0)
    middle = np.median(numbers, axis=0)
    axes.plot(times, middle, color=colours(1)[0])
    shown = np.quantile(numbers, [0.05, 0.5, 0.95], axis=0)
    if wide(shown[shown > 0]):
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(shown, decades=8.0))
    axes.set_xlabel("days")
    axes.set_ylabel(textwrap.fill(outcome_label(values), 34), fontsize="small")
    axes.grid(visible=True, alpha=0.3)


def _outcome(row: np.ndarray, what: Shown, outcome: str) -> None:
    values = what.dataset[outcome]
    histogram(row[0], values)
    if not what.varied:
        for axes in row[1:]:
            axes.set_axis_off()
        return
    ranks(row[1], what.dataset, outcome, what.varied)
    found = rank_correlations(what.dataset, outcome, what.varied)
    scatter(row[2], what.dataset, outcome, what.varied[int(np.argmax(np.abs(found)))])


def histogram(axes: Axes, values: xr.DataArray) -> None:
    """Draw how an outcome is spread, with its median and the percentiles 5 and 95."""
    known = values.values[np.isfinite(values.values)]
    bins: Any = _BINS
    if wide(known):
        axes.set_xscale("log")
        bins = np.geomspace(known.min(), known.max(), _BINS + 1)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    colour: Any = colours(1)[0]
    axes.hist(known, bins=bins, color=colour, alpha=0.6)
    for share, style in ((0.05, ":"), (0.5, "-"), (0.95, ":")):
        axes.axvline(float(np.quantile(known, share)), color="black", linestyle=style, linewidth=1)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("members", fontsize="small")
    axes.set_xlabel(textwrap.fill(outcome_label(values), 44), fontsize="small")
