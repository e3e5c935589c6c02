"""A figure of the panels and fields that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.outcome import InputError
from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.asked.panel import draw_panel, require_tumour
from cartflow.results.figures.field import Cut, plot_field, plot_profile
from cartflow.results.figures.slices import first_field

_COLUMNS = 3


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Panels by name, and fields: over depth at several `days`, or one panel a day in a `cut`."""

    panels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    days: tuple[float, ...] = ()
    cut: Cut | None = None


def plot_asked(tree: xr.DataTree, asked: Asked, path: Path) -> None:
    """Write the figure of `asked` as PNG, SVG or PDF. Raises `InputError` for what is not there."""
    save_figure(figure_asked(tree, asked), path)


def figure_asked(tree: xr.DataTree, asked: Asked) -> Figure:
    """Return a figure with one panel for each that was asked for, up to three in a row.

    Days or a cut without a field are those of the first product. Raises `InputError`.
    """
    panels = _panels(tree, asked)
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(5.2 * columns, 0.3 + 4.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = np.asarray(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axes, (name, day) in zip(grid, panels, strict=False):
        _draw(tree, asked, name, day, axes)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    figure.suptitle(str(tree.attrs.get("title", "")))
    return figure


def _panels(tree: xr.DataTree, asked: Asked) -> list[tuple[str, float | None]]:
    """Return the panels: their names, and days for fields in a cut."""
    fields = asked.fields
    if not fields and (asked.days or asked.cut is not None):
        require_tumour(tree, "a day or a cut")
        fields = (first_field(tree),)
    found: list[tuple[str, float | None]] = [(name, None) for name in asked.panels]
    for name in fields:
        require_tumour(tree, f"field '{name}'")
        split = asked.days and _dims(tree) > 1
        found += [(name, day) for day in (asked.days if split else (None,))]
    if not found:
        raise InputError("nothing to draw: name a panel, a field, a day or a cut")
    return found


def _draw(tree: xr.DataTree, asked: Asked, name: str, day: float | None, axes: Axes) -> None:
    if name in asked.panels:
        draw_panel(tree, name, axes)
        return
    tumour = tree["tumour"].to_dataset()
    if _dims(tree) == 1 and asked.days and asked.cut is None:
        plot_profile(tumour, name, axes, days=asked.days)
    else:
        plot_field(tumour, name, axes, day=day, cut=asked.cut, scaled_by=asked.days)


def _dims(tree: xr.DataTree) -> int:
    return len(tree["tumour"]["cell_volume"].dims)
