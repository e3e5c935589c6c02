"""Maps of a tumour that grows: its fields where they are, up to the moving edge."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.dataset import POSITION
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import scale

Array = np.ndarray
_STYLES = ("--", ":", "-.")


def plot_growing(tumour: xr.Dataset, name: str, axes: Axes) -> None:
    """Draw a field over time and the distance from the centre, or the first edge.

    With the edge, and the radii that are told of the tumour.
    """
    size = "radius" if "radius" in tumour.variables else "length"
    dim = "r" if size == "radius" else "x"
    times, field = tumour["time"].values, tumour[name].transpose("time", dim)
    corners = _corners(times, tumour[POSITION].transpose("time", dim).values)
    norm = scale(field.values)
    # Below a logarithmic scale, and where there is nothing, it is dark, not blank.
    shown = np.maximum(field.values, norm.vmin or 0.0)
    mesh = axes.pcolormesh(*corners, shown, cmap="cividis", norm=norm)
    axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({shown_unit(field)})")
    axes.plot(times, tumour[size].values, color="black", lw=1.5)
    radii = [str(n) for n in tumour.data_vars if str(n).startswith("radius_")]
    for number, radius in enumerate(radii):
        style, label = _STYLES[number % len(_STYLES)], radius.removeprefix("radius_")
        axes.plot(times, tumour[radius].values, style, color="white", lw=1.2, label=label)
    if radii:
        axes.legend(loc="upper left", fontsize=8, facecolor="0.4", labelcolor="white")
    axes.set_title(shown_name(field), fontsize=10)
    axes.set_ylim(0.0, 1.05 * float(tumour[size].max()))
    axes.set_xlabel("time (day)")
    axes.set_ylabel("distance from the centre (mm)" if dim == "r" else f"{dim} (mm)")


def _corners(times: Array, at: Array) -> tuple[Array, Array]:
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
