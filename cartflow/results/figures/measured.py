"""The figure of a run beside what was measured: one panel a tissue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours, decade_limits
from cartflow.pbpk.measured.table import Measured

_COLUMNS = 4


def plot_measured(found: xr.Dataset, measured: Measured, title: str, path: Path) -> None:
    """Write a figure (PNG) of what `beside` found: courses as lines, measurements as points."""
    names = [str(name) for name in found["tissue"].values]
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.6 * rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    grid = list(np.asarray(figure.subplots(rows, columns, squeeze=False, sharex=True)).flat)
    shade = colours(1)[0]
    hours = 24 * found["time"].values
    later = hours > 0
    first = 0.5 * min(hour for tissue in measured.tissues.values() for hour in tissue.hours)
    for axes, name in zip(grid, names, strict=False):
        tissue, course = measured.tissues[name], found["course"].sel(tissue=name).values
        axes.loglog(hours[later], course[later], color=shade, label="this run")
        axes.errorbar(
            tissue.hours, tissue.percent, yerr=tissue.spread, fmt="o", color="0.4", label="measured"
        )
        drawn = course[later & (hours >= first) & (course > 0)]
        axes.set_ylim(*decade_limits(np.concatenate([tissue.percent, drawn])))
        axes.set_xlim(first, None)
        axes.set_title(_titled(found, name), fontsize=9)
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes in grid[::columns]:
        axes.set_ylabel("% of the dose" + (" per g" if measured.unit == "%/g" else ""))
    # The last panel of each column, where the last row is not full.
    for axes in grid[max(0, len(names) - columns) : len(names)]:
        axes.set_xlabel("time (h)")
        axes.tick_params(labelbottom=True)
    grid[0].legend(frameon=False, fontsize=8)
    text = f"{measured.cells}, {measured.species}; beside each name: rms of log10"
    figure.suptitle(f"{title}\nmeasured: {text}", fontsize=10)
    save_figure(figure, path)


def _titled(found: xr.Dataset, name: str) -> str:
    """Return a tissue's name with the rms of its numbers."""
    own = found["value"].values == name
    gaps = np.log10(found["modelled"].values[own] / found["measured"].values[own])
    gaps = gaps[np.isfinite(gaps)]
    shown = name.replace("_", " ")
    return f"{shown}: {np.sqrt(np.mean(gaps**2)):.2f}" if gaps.size else shown
