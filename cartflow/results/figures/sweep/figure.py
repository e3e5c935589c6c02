"""The figure of a sweep: curves, maps, boxes or scatter, as its axes ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.sweep.curves import courses, curves
from cartflow.results.figures.sweep.draws import boxes, rank_correlations, ranks, scatter
from cartflow.results.figures.sweep.heat import colour_words, heat, norm_of
from cartflow.results.figures.sweep.population import population_figure
from cartflow.results.figures.sweep.shown import (
    MEMBER,
    MOST_COLUMNS,
    Shown,
    axis_label,
    is_numeric,
    shown,
    value_words,
)

_SCATTERED = 3  # numbers beside the ranks
_FEW = 9  # values by which colours tell lines apart


def plot_sweep(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a sweep as PNG. Raises `InputError` naming what is missing."""
    save_figure(sweep_figure(dataset), path)


def sweep_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure of up to four outcomes, one a row.

    One axis gives curves; two give maps, or curves where one has names; a third one columns. Of
    further axes the first value is shown. Members give rank correlations and scatter, or boxes
    along other axes; those of a population bands of percentiles, too.
    """
    what = shown(dataset)
    if dataset.attrs.get("members") == "population" and what.axes == (MEMBER,) and what.outcomes:
        return population_figure(what)
    if MEMBER in what.axes and not what.products and what.varied and what.outcomes:
        figure = _of_draws(what)
    elif not what.outcomes:
        figure = _of_courses(what)
    else:
        figure = _of_products(what)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize="medium")
    return figure


def _panels(rows: int, columns: int, width: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(max(width * columns, 6.0), 0.6 + 3.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def _of_draws(what: Shown) -> Figure:
    count = min(_SCATTERED, len(what.varied))
    figure, panels = _panels(len(what.outcomes), 1 + count, 4.0)
    for row, outcome in zip(panels, what.outcomes, strict=True):
        ranks(row[0], what.dataset, outcome, what.varied)
        found = rank_correlations(what.dataset, outcome, what.varied)
        most = np.argsort(-np.abs(found), kind="stable")[:count]
        for axes, number in zip(row[1:], most, strict=True):
            scatter(axes, what.dataset, outcome, what.varied[number])
    return figure


def _of_courses(what: Shown) -> Figure:
    figure, panels = _panels(len(what.courses), 1, 8.0)
    by = what.axes[0] if what.dataset.sizes[what.axes[0]] > 1 else None
    for row, name in zip(panels, what.courses, strict=True):
        values = _at_first(what.dataset[name], (*([by] if by else []), "time"))
        courses(row[0], values, by)
    return figure


def _of_products(what: Shown) -> Figure:
    axes = what.products
    third = axes[2] if len(axes) > 2 else None
    if third is None:
        figure, rows = _side_by_side(len(what.outcomes))
    else:
        columns = min(what.dataset.sizes[third], MOST_COLUMNS)
        figure, panels = _panels(len(what.outcomes), columns, 4.2)
        rows = [list(row) for row in panels]
    kept = (*axes[:3], *([MEMBER] if MEMBER in what.axes else []))
    for row, name in zip(rows, what.outcomes, strict=True):
        values = _at_first(what.dataset[name], kept)
        images = []
        for column, panel in enumerate(row):
            one = values if third is None else values.isel({third: column})
            images.append(_panel(panel, one, values, axes[:2]))
            if third is not None and name == what.outcomes[0]:
                words = f"{axis_label(values[third])} = {value_words(one[third].item())}"
                panel.set_title(words, fontsize="small")
        if images[0] is not None:
            figure.colorbar(images[0], ax=list(row), label=colour_words(values))
    return figure


def _side_by_side(count: int) -> tuple[Figure, list[list[Any]]]:
    """Return a figure with a panel for each outcome, two in a row."""
    columns = min(count, 2)
    figure, panels = _panels(-(-count // 2), columns, 6.0)
    for panel in panels.flat[count:]:
        panel.set_axis_off()
    return figure, [[panel] for panel in panels.flat[:count]]


def _panel(panel: Any, one: xr.DataArray, all_of_it: xr.DataArray, axes: tuple[str, ...]) -> Any:
    """Draw one outcome over one or two axes; return the image if it is a map."""
    if MEMBER in one.dims:
        boxes(panel, one, *_first_two(axes))
        return None
    if len(axes) < 2:
        curves(panel, one, axes[0], None)
        return None
    names = [axis for axis in axes if not is_numeric(one[axis]) and one.sizes[axis] <= _FEW]
    if names:
        along = next(axis for axis in axes if axis != names[-1])
        curves(panel, one, along, names[-1])
        return None
    return heat(panel, one.transpose(axes[0], axes[1]), norm_of(all_of_it.values))


def _first_two(axes: tuple[str, ...]) -> tuple[str | None, str | None]:
    return (axes[0] if axes else None), (axes[1] if len(axes) > 1 else None)


def _at_first(values: xr.DataArray, kept: tuple[str, ...]) -> xr.DataArray:
    """Return the values along the axes of `kept`, at the first value of the others."""
    return values.isel({dim: 0 for dim in values.dims if dim not in kept})
