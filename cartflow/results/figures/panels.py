"""Panels over time: their scales, labels and units."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.ticks import log_limits

_HOURS_SHOWN_FROM = 1.0 / 1440.0
# Over fewer a logarithmic axis has hardly a tick with a label.
_DECADES_FOR_LOGARITHM = 1.9


def timeline(
    axes: Axes,
    values: xr.DataArray,
    name: str,
    colour: object,
    style: str = "-",
    width: float = 1.5,
) -> None:
    """Draw one course, from a minute on where the axis of time will be logarithmic."""
    time = values["time"].values
    late = time >= _HOURS_SHOWN_FROM * 0.999
    shown = late if spans(time[late]) >= _DECADES_FOR_LOGARITHM else np.ones_like(late)
    axes.plot(time[shown], values.values[shown], style, color=colour, lw=width, label=name)


def finish(axes: Axes, title: str, unit: str) -> None:
    """Label a panel over time, logarithmic if it spans decades; so are amounts above zero."""
    drawn = _drawn(axes)
    # Where there are no cells at all, a logarithm has nothing to show.
    if np.any(drawn > 0):
        axes.set_yscale("log", nonpositive="mask")
        axes.set_ylim(*log_limits(drawn))
    if _decades(axes) >= _DECADES_FOR_LOGARITHM:
        axes.set_xscale("log")
    label(axes, title, unit, columns=2)


def finish_linear(axes: Axes, title: str, unit: str) -> None:
    """Label a panel over linear time; amounts that span decades get a logarithmic axis."""
    drawn = _drawn(axes)
    if drawn.size and drawn.min() >= 0 and drawn.max() > 0:
        # From nothing to the first cells a logarithmic axis would draw a wall.
        axes.set_yscale("log", nonpositive="mask")
        axes.set_ylim(*log_limits(drawn))
    label(axes, title, unit)


def _decades(axes: Axes) -> float:
    """Return how many decades of time the lines span, as far as it is above zero."""
    lines = [np.asarray(line.get_xdata(), dtype=float) for line in axes.lines]
    times = np.concatenate([np.zeros(0), *lines])
    return spans(times[times > 0])


def spans(times: np.ndarray) -> float:
    """Return how many decades lie between the least and the most of times above zero."""
    return float(np.log10(times.max() / times.min())) if times.size else 0.0


def _drawn(axes: Axes) -> np.ndarray:
    """Return the finite values of all lines."""
    lines = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]
    values = np.concatenate([np.zeros(0), *lines])
    return values[np.isfinite(values)]


def label(axes: Axes, title: str, unit: str, columns: int = 1) -> None:
    """Label a panel over time, with a legend if there are lines."""
    axes.set_xlabel("time (day)")
    axes.set_ylabel(unit)
    axes.set_title(title, fontsize=10)
    if axes.lines:
        axes.legend(fontsize=7, loc="best", framealpha=0.5, ncols=columns)
    axes.grid(alpha=0.3)


def shown_unit(field: xr.DataArray) -> str:
    """Return a variable's unit as axes show it."""
    unit = str(field.attrs.get("units", "unit not stated"))
    return {"mm-3": "cells/mm³", "ng mm-3": "ng/mm³"}.get(unit, unit)


def shown_name(field: xr.DataArray) -> str:
    """Return what a variable is called in figures."""
    return str(field.attrs.get("long_name", field.name))
