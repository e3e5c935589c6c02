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
    tumour that grows stands where it is. Of a hollow one, whose depths are those of two sides, it
    is drawn over its place, without that depth.
    """
    if grows(tumour):
        plot_growing(tumour, name, axes)
        return
    field = tumour[name]
    along = _along(tumour)
    order = np.argsort(along.values)
    time, depth = tumour["time"].values, along.values[order]
    values = field.transpose(..., "time").values[order]
    norm = scale(values)
    # Below a logarithmic scale, and where there is nothing, it is dark, not blank.
    shown = np.maximum(values, norm.vmin or 0.0)
    mesh = axes.pcolormesh(time, depth, shown, cmap="cividis", norm=norm, shading="nearest")
    axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({shown_unit(field)})")
    title = shown_name(field)
    if field.attrs.get("role") in _PRODUCTS:
        if along.name == "depth":
            axes.plot(time, tumour["penetration_depth_all"].values, color="white", lw=1.2, ls="--")
            title += " (dashed: 95 % above)"
        _where_cells_enter(tumour, depth, order, axes)
    axes.set_title(title, fontsize=10)
    if along.name == "depth":
        axes.invert_yaxis()
    axes.set_xlabel("time (day)")
    axes.set_ylabel(depth_words(tumour) if along.name == "depth" else f"{along.name} (mm)")


def _along(tumour: xr.Dataset) -> xr.DataArray:
    """Return the depths of a row of cells, or its places where two sides have the same depths."""
    steps = np.diff(tumour["depth"].values)
    one_side = bool((steps > 0).all() or (steps < 0).all())
    return tumour["depth"] if one_side else tumour[str(tumour["depth"].dims[0])]


def fields_of(tumour: xr.Dataset) -> list[str]:
    """Return the names of the fields on the mesh."""
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs]


def _where_cells_enter(
    tumour: xr.Dataset, places: np.ndarray, order: np.ndarray, axes: Axes
) -> None:
    """Draw a bar at the first day over the `places` that vessels feed, unless they feed all."""
    if "region_perfused" not in tumour:
        return
    fed = tumour["region_perfused"].values[order] > 0
    if fed.all():
        return
    start = np.full(places.size, float(tumour["time"][0]))
    axes.plot(
        start,
        np.where(fed, places, np.nan),
        color=TUMOUR_COLOUR,
        lw=6,
        solid_capstyle="butt",
        clip_on=False,
    )


def in_one_row(dims: list[str]) -> bool:
    """Return whether `plot_tumour` draws panels in one row, not in two."""
    return len(dims) == 1 and dims != ["cell"]
