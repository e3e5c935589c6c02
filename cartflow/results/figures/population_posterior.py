"""The figure of a population's posterior: subjects and check, marginals with priors, pairs."""

from __future__ import annotations

from pathlib import Path

import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.mixed_fit import draw_row, observables, require_mixed_fit
from cartflow.results.figures.posterior import MOST_PARAMETERS, pairs, require_posterior


def plot_population_posterior(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a population's posterior as PNG."""
    save_figure(population_posterior_figure(dataset), path)


def require_population_posterior(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of a population's posterior misses."""
    require_mixed_fit(dataset)
    require_posterior(dataset)


def population_posterior_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure with four panels for each observable, and marginals and pairs below.

    Courses, residuals and shrinkage are those at the mean of the samples; the check's tables are
    each of another sample.
    """
    require_population_posterior(dataset)
    count = min(dataset.sizes["parameter"], MOST_PARAMETERS)
    names = observables(dataset)
    heights = [3.2 * len(names), 1.5 * count]
    figure = Figure(figsize=(13.6, sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
    panels = above.subplots(len(names), 4, squeeze=False)
    for row, name in zip(panels, names, strict=True):
        draw_row(row, dataset, name)
    pairs(below, dataset, count)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    return figure
