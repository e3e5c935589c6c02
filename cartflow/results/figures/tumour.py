"""Figures of what is in a tumour: maps over depth and time, or slices through the thickest part."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import SubFigure

from cartflow.core.dataset import POSITION, grows
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import plot_slices, scale


def plot_tumour(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    """Draw the fields over depth, or where there is more than one dimension in slices.

    Those of a tumour that grows stand where they are, up to its moving edge.
    """
    if grows(tree["tumour"].to_dataset()):
        _moving_maps(tree, dims[0], place)
    elif len(dims) == 1:
        _depth_time_maps(tree, dims[0], place)
    else:
        plot_slices(tree, dims, place)


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


def _moving_maps(tree: xr.DataTree, dim: str, place: SubFigure) -> None:
    """Draw each field over time and the distance from the centre, or the first edge."""
    tumour = tree["tumour"].to_dataset()
    names = _fields(tree)[:4]
    size = "radius" if "radius" in tumour.variables else "length"
    radii = [str(n) for n in tumour.data_vars if str(n).startswith("radius_")]
    times = tumour["time"].values
    corners = _corners(times, tumour[POSITION].transpose("time", dim).values)
    for axes, name in zip(np.atleast_1d(place.subplots(1, len(names))), names, strict=True):
        field = tumour[name].transpose("time", dim)
        mesh = axes.pcolormesh(*corners, field.values, cmap="cividis", norm=scale(field.values))
        axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({shown_unit(field)})")
        axes.plot(times, tumour[size].values, color="black", lw=1.5)
        for radius, style in zip(radii, ("--", ":", "-.") * len(radii), strict=False):
            label = radius.removeprefix("radius_")
            axes.plot(times, tumour[radius].values, style, color="white", lw=1.2, label=label)
        if radii:
            axes.legend(loc="upper left", fontsize=8, facecolor="0.4", labelcolor="white")
        axes.set_title(shown_name(field), fontsize=10)
        axes.set_ylim(0.0, 1.05 * float(tumour[size].max()))
        axes.set_xlabel("time (day)")
        axes.set_ylabel("distance from the centre (mm)" if dim == "r" else f"{dim} (mm)")


def _corners(times: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return times and positions of the corners of patches with their centres `at` (times, cells).

    Each lies halfway in time between two saved ones, and in space between two mesh cells.
    """
    halves = 0.5 * (times[1:] + times[:-1])
    ends = np.concatenate([times[:1], halves, times[-1:]])
    edges = np.zeros(at.shape[1] + 1)
    for cell, centre in enumerate(at[0]):
        edges[cell + 1] = 2.0 * centre - edges[cell]
    stretch = np.interp(ends, times, at[:, -1] / at[0, -1])
    return np.broadcast_to(ends[:, None], (ends.size, edges.size)), np.outer(stretch, edges)


def _fields(tree: xr.DataTree) -> list[str]:
    tumour = tree["tumour"].to_dataset()
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs]
