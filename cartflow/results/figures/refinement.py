"""The figure of a study on finer meshes: errors against the width of the cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours

_LEAST = 1e-7


def plot_refinement(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a refinement as PNG."""
    save_figure(refinement_figure(dataset), path)


def refinement_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure of each number's relative error against cell width, with the target."""
    figure = Figure(figsize=(7, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    words = str(dataset.attrs["numbers_in_words"]).split("; ")
    width = dataset["width"].values
    for name, text, colour in zip(
        dataset["number"].values, words, colours(len(words)), strict=True
    ):
        one = dataset.sel(number=name)
        error = np.abs(one["error"].values)
        order = float(one["order"])
        label = f"{text}, {'round-off' if np.isnan(order) else f'order {order:.2g}'}"
        # What is below is exact as far as anybody asks, and would only stretch the axis.
        axes.loglog(width, np.maximum(error, _LEAST), "o-", color=colour, label=label)
    axes.axhline(dataset.attrs["target"], color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("width of the cells (mm)")
    axes.set_xticks(width, [f"{w:.3g}" for w in width])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel(f"error against the limit (from {_LEAST:g} on)")
    axes.legend(fontsize="small")
    axes.set_title(dataset.attrs.get("title", ""), fontsize="small")
    return figure
