"""One axis of a sweep as curves or points, another one as colours."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from cartflow.core.ticks import colours
from cartflow.results.figures.sweep.shown import (
    axis_label,
    constant,
    evenly_in_log,
    is_numeric,
    outcome_label,
    value_words,
    wide,
)

_MOST_LINES = 12


def curves(axes: Axes, values: xr.DataArray, along: str, by: str | None) -> None:
    """Draw an outcome `along` one axis, with one colour for each value `by` another."""
    axis = values[along]
    places = axis.values if is_numeric(axis) else np.arange(axis.size)
    style = "o-" if is_numeric(axis) else "o"
    lines = _lines(values, by)
    # Points of one name lie side by side, so that equal ones show.
    apart = 0.0 if is_numeric(axis) else 0.5 / len(lines)
    for number, (name, colour, line) in enumerate(lines):
        moved = places + apart * (number - 0.5 * (len(lines) - 1))
        axes.plot(moved, line.values, style, color=colour, label=name, markersize=4)
    if is_numeric(axis) and evenly_in_log(np.asarray(axis.values, dtype=float)):
        axes.set_xscale("log")
    if axis.size <= _MOST_LINES:
        words = [value_words(value) for value in axis.values]
        axes.set_xticks(places, words, rotation=0 if max(map(len, words)) < 10 else 20)
        axes.xaxis.set_minor_locator(NullLocator())
    if not is_numeric(axis):
        axes.set_xlim(-0.5, axis.size - 0.5)
    axes.set_xlabel(axis_label(axis))
    dress(axes, values)
    legend(axes, values, by)


def courses(axes: Axes, values: xr.DataArray, by: str | None) -> None:
    """Draw a course over time, with one colour for each value `by` an axis."""
    for name, colour, line in _lines(values, by):
        axes.plot(values["time"], line.values, color=colour, label=name)
    axes.set_xlabel("days")
    dress(axes, values)
    legend(axes, values, by)


def legend(axes: Axes, values: xr.DataArray, by: str | None) -> None:
    """Say which colour stands for which value, beside the panel."""
    if by is not None:
        axes.legend(
            fontsize="x-small",
            title=axis_label(values[by]),
            title_fontsize="x-small",
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
        )


def dress(axes: Axes, values: xr.DataArray) -> None:
    """Label the outcome's axis, logarithmic where it spans much."""
    if wide(values.values):
        axes.set_yscale("log")
    elif constant(values.values) and np.isfinite(values.values).any():
        middle = float(np.nanmean(values.values))
        axes.set_ylim(0.9 * middle - 1e-3, 1.1 * middle + 1e-3)
    axes.set_ylabel(textwrap.fill(outcome_label(values), 40), fontsize="small")
    axes.grid(visible=True, alpha=0.3)


def _lines(values: xr.DataArray, by: str | None) -> list[tuple[str, object, xr.DataArray]]:
    if by is None:
        return [("", colours(1)[0], values)]
    places = np.unique(np.linspace(0, values[by].size - 1, _MOST_LINES).astype(int))
    palette = colours(len(places))
    return [
        (value_words(values[by].values[place]), colour, values.isel({by: int(place)}))
        for place, colour in zip(places, palette, strict=True)
    ]
