"""What moves in a movie: fields over depth or in a cut, and single cells, a frame a saved time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.ticks import TUMOUR_COLOUR, colours, log_limits
from cartflow.results.figures.field import Cut, plane_of
from cartflow.results.figures.over_depth import depth_words, means_over_depth
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import draw_cut, place_words, scale

Show = Callable[[int], None]


def moving_profile(tumour: xr.Dataset, name: str, axes: Axes) -> Show:
    """Draw a field over depth; return what shows another saved time. The scale is that of all."""
    depths, means = means_over_depth(tumour, name, np.arange(tumour.sizes["time"]))
    (line,) = axes.plot(depths, means[0], color=colours(1)[0], lw=2)
    if means.max() > 100.0 * max(float(np.median(means)), 0.0) and means.max() > 0:
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(means, decades=6.0))
    else:
        axes.set_ylim(0.0, 1.05 * float(means.max()) or 1.0)
    axes.set_xlabel(depth_words(tumour))
    axes.set_ylabel(shown_unit(tumour[name]))
    axes.set_title(shown_name(tumour[name]), fontsize=10)
    axes.grid(alpha=0.3)
    return lambda time: line.set_ydata(means[time])


def moving_cut(tumour: xr.Dataset, name: str, axes: Axes, cut: Cut | None) -> Show:
    """Draw a field in a cut; return what shows another saved time. The scale is that of all."""
    plane, fixed = plane_of(tumour, cut)
    field = tumour[name].isel(fixed).transpose("time", *plane)
    norm = scale(field.values)
    mesh = draw_cut(axes, tumour, field.isel(time=0), plane, norm)
    axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({shown_unit(tumour[name])})")
    words = [shown_name(tumour[name]), place_words(tumour, fixed)]
    axes.set_title(", ".join(filter(None, words)), fontsize=10)
    floor = norm.vmin if norm.vmin else 0.0
    return lambda time: mesh.set_array(np.maximum(field[time].values, floor))


def moving_cells(cells: xr.Dataset, axes: Axes) -> Show:
    """Draw the places of single cells seen along z; return what shows another saved time."""
    first = np.append(cells["first_row"].values, cells.sizes["observation"]).astype(int)
    kinds = cells["kind"].values
    places = np.stack([cells[axis].values for axis in ("x", "y")], axis=1)
    names = [str(name) for name in cells["species_of_kind"].values]
    shades = (colours(1)[0], TUMOUR_COLOUR, *colours(8)[1:])
    drawn = [
        axes.plot([], [], ".", ms=2.5, color=shade, label=name)[0]
        for name, shade in zip(names, shades, strict=False)
    ]
    reach = float(np.nanmax(np.abs(places))) if places.size else 1.0
    low = float(np.nanmin(places)) if places.size else 0.0
    axes.set_xlim(min(low, 0.0) * 1.05, reach * 1.05)
    axes.set_ylim(min(low, 0.0) * 1.05, reach * 1.05)
    axes.set_aspect("equal")
    axes.set_xlabel("x (mm)")
    axes.set_ylabel("y (mm)")
    axes.set_title("single cells, seen along z", fontsize=10)
    axes.legend(fontsize=7, loc="upper right", markerscale=3)

    def show(time: int) -> None:
        rows = slice(first[time], first[time + 1])
        for kind, line in enumerate(drawn):
            line.set_data(*places[rows][kinds[rows] == kind].T)

    return show
