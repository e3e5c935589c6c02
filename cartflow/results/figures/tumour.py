"""Figures of what is in a tumour: maps over depth and time, or slices through the thickest part."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from cartflow.core.dataset import grows
from cartflow.core.ticks import TUMOUR_COLOUR
from cartflow.results.figures.cuts import plot_cuts
from cartflow.results.figures.growing import plot_growing
from cartflow.results.figures.over_depth import depth_words
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import plot_slices, scale

_MOST = 4
_PRODUCTS = {"phenotype", "product"}


def plot_tumour(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    """Draw the fields over depth, or where there is more than one dimension in slices.

    Cells on no grid are drawn where they are, cut by planes.
    """
    if dims == ["cell"]:
        plot_cuts(tree, place)
        return
    if len(dims) > 1:
        plot_slices(tree, dims, place)
        return
    tumour = tree["tumour"].to_dataset()
    names = fields_of(tumour)[:_MOST]
    for axes, name in zip(np.atleast_1d(place.subplots(1, len(names))), names, strict=True):
        plot_map(tumour, name, axes)


def plot_map(tumour: xr.Dataset, name: str, axes: Axes) -> None:
    """Draw a field of a row of cells over time and depth.

    Of product cells with the depth that holds 95 % of all, and a bar where cells enter; that of a
    tumour that grows stands where it is.
    """
    if grows(tumour):
        plot_growing(tumour, name, axes)
        return
    field = tumour[name]
    order = np.argsort(tumour["depth"].values)
    time, depth = tumour["time"].values, tumour["depth"].values[order]
    values = field.transpose(..., "time").values[order]
    norm = scale(values)
    # Below a logarithmic scale, and where there is nothing, it is dark, not blank.
    shown = np.maximum(values, norm.vmin or 0.0)
    mesh = axes.pcolormesh(time, depth, shown, cmap="cividis", norm=norm, shading="nearest")
    axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({shown_unit(field)})")
    title = shown_name(field)
    if field.attrs.get("role") in _PRODUCTS:
        axes.plot(time, tumour["penetration_depth_all"].values, color="white", lw=1.2, ls="--")
        title += " (dashed: 95 % above)"
        _where_cells_enter(tumour, order, axes)
    axes.set_title(title, fontsize=10)
    axes.invert_yaxis()
    axes.set_xlabel("time (day)")
    axes.set_ylabel(depth_words(tumour))


def fields_of(tumour: xr.Dataset) -> list[str]:
    """Return the names of the fields on the mesh."""
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs]


def _where_cells_enter(tumour: xr.Dataset, order: np.ndarray, axes: Axes) -> None:
    """Draw a bar at the first day over the depths that vessels feed, unless they feed all."""
    if "region_perfused" not in tumour:
        return
    fed = tumour["region_perfused"].values[order] > 0
    if fed.all():
        return
    depth = np.where(fed, tumour["depth"].values[order], np.nan)
    start = np.full(depth.size, float(tumour["time"][0]))
    axes.plot(start, depth, color=TUMOUR_COLOUR, lw=6, solid_capstyle="butt", clip_on=False)


def in_one_row(dims: list[str]) -> bool:
    """Return whether `plot_tumour` draws panels in one row, not in two."""
    return len(dims) == 1 and dims != ["cell"]
