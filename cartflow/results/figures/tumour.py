"""Figures of what is in a tumour: maps over depth and time, or slices through the thickest part."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import SubFigure

from cartflow.results.figures.cuts import plot_cuts
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import plot_slices, scale


def plot_tumour(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    """Draw the fields over depth, or where there is more than one dimension in slices.

    Cells on no grid are drawn where they are, cut by planes.
    """
    if dims == ["cell"]:
        plot_cuts(tree, place)
    elif len(dims) == 1:
        _depth_time_maps(tree, dims[0], place)
    else:
        plot_slices(tree, dims, place)


def in_one_row(dims: list[str]) -> bool:
    """Return whether `plot_tumour` draws panels in one row, not in two."""
    return len(dims) == 1 and dims != ["cell"]


def _depth_time_maps(tree: xr.DataTree, dim: str, place: SubFigure) -> None:
    """Draw each field over time and depth, with the depth that holds 95 % of the cells."""
    tumour = tree["tumour"].to_dataset()
    names = _fields(tree)[:4]
    for axes, name in zip(np.atleast_1d(place.subplots(1, len(names))), names, strict=True):
        field = tumour[name]
        order = np.argsort(tumour["depth"].values)
        depth = tumour["depth"].values[order]
        values = field.transpose(dim, "time").values[order]
        mesh = axes.pcolormesh(
            tumour["time"].values,
            depth,
            values,
            cmap="cividis",
            norm=scale(values),
            shading="nearest",
        )
        unit = shown_unit(field)
        axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({unit})")
        if field.attrs.get("role") in {"phenotype", "product"}:
            line = tumour["penetration_depth_all"]
            axes.plot(tumour["time"].values, line.values, color="white", lw=1.2, ls="--")
            axes.set_title(f"{shown_name(field)} (dashed: 95 % above)", fontsize=10)
        else:
            axes.set_title(shown_name(field), fontsize=10)
        axes.invert_yaxis()
        axes.set_xlabel("time (day)")
        axes.set_ylabel("depth below the rim (mm)")


def _fields(tree: xr.DataTree) -> list[str]:
    tumour = tree["tumour"].to_dataset()
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs]
