"""Two axes of a sweep as a map of colours."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from cartflow.results.figures.sweep.shown import axis_label, outcome_label, value_words, wide

_MOST_TICKS = 12


def norm_of(values: np.ndarray) -> Normalize:
    """Return how numbers are mapped to colours, the same for all maps of an outcome."""
    known = values[np.isfinite(values)]
    if not known.size:
        return Normalize(0.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if wide(known):
        return LogNorm(low, high)
    return Normalize(low, high if high > low else low + 1.0)


def heat(axes: Axes, values: xr.DataArray, norm: Normalize) -> ScalarMappable:
    """Draw a map over two axes, one cell for each member; what failed is grey."""
    rows, columns = map(str, values.dims)
    # A uniform map, in which equal steps look equal.
    colours = colormaps["viridis"].with_extremes(bad="lightgrey")
    image = axes.imshow(
        np.ma.masked_invalid(values.values),
        origin="lower",
        aspect="auto",
        cmap=colours,
        norm=norm,
    )
    _ticks(axes, "x", values[columns])
    _ticks(axes, "y", values[rows])
    axes.set_xlabel(axis_label(values[columns]))
    axes.set_ylabel(axis_label(values[rows]))
    return image


def colour_words(values: xr.DataArray) -> str:
    """Return the label of a bar of colours."""
    return textwrap.fill(outcome_label(values), 40)


def _ticks(axes: Axes, which: str, values: xr.DataArray) -> None:
    step = -(-values.size // _MOST_TICKS)
    places = np.arange(0, values.size, step)
    words = [value_words(value) for value in values.values[::step]]
    if which == "x":
        axes.set_xticks(places, words, rotation=0 if max(map(len, words)) < 8 else 30)
    else:
        axes.set_yticks(places, words)
