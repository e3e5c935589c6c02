"""One field of a tumour in one panel: over depth and time, over depth at days, or in a cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.outcome import InputError, require_known
from cartflow.core.ticks import colours, log_limits
from cartflow.results.figures.cuts import plot_section
from cartflow.results.figures.over_depth import depth_words, means_over_depth
from cartflow.results.figures.panels import label, shown_name, shown_unit
from cartflow.results.figures.slices import cut_title, draw_cut, scale, thickest
from cartflow.results.figures.tumour import fields_of, plot_map

Cut = tuple[str, float]


def plot_field(
    tumour: xr.Dataset,
    name: str,
    axes: Axes,
    *,
    day: float | None = None,
    cut: Cut | None = None,
    scaled_by: Sequence[float] = (),
) -> None:
    """Draw a field: of a row of cells over depth and time, or at a `day`; else in a `cut`.

    `cut` names an axis and the place on it (mm, or the index of an oblique mask); without it the
    thickest slice is drawn, without `day` (day) the last one saved. Slices have the scale of the
    days `scaled_by`, or their own. Raises `InputError`.
    """
    require_known(name, fields_of(tumour), "field")
    dims = [str(d) for d in tumour["cell_volume"].dims]
    if dims == ["cell"]:
        plot_section(tumour, name, axes, saved_at(tumour, day), cut)
        return
    if len(dims) > 1:
        time = saved_at(tumour, day)
        others = [saved_at(tumour, each) for each in scaled_by] or [time]
        _plot_cut(tumour, name, axes, time, cut, others)
        return
    if cut is not None:
        msg = f"cut: the tumour is a row of cells along {dims[0]}; there is nothing to cut"
        raise InputError(msg)
    if day is None:
        plot_map(tumour, name, axes)
    else:
        plot_profile(tumour, name, axes, days=[day])


def plot_profile(
    tumour: xr.Dataset, name: str, axes: Axes, *, days: Sequence[float] | None = None
) -> None:
    """Draw a field over depth at some days, by default first, middle and last.

    Of voxels the mean over those of like depth. Raises `InputError`.
    """
    require_known(name, fields_of(tumour), "field")
    count = tumour.sizes["time"]
    chosen = [0, count // 2, count - 1] if days is None else [saved_at(tumour, d) for d in days]
    times = np.unique(chosen)
    depths, means = means_over_depth(tumour, name, times)
    for row, time, colour in zip(means, times, colours(len(times)), strict=True):
        text = f"day {float(tumour['time'][time]):.3g}"
        axes.plot(depths, row, color=colour, label=text, marker="." if depths.size == 1 else "")
    if np.all(means >= 0) and means.max() > 100.0 * max(means.min(), 0.0) > 0:
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(means))
    label(axes, shown_name(tumour[name]), shown_unit(tumour[name]))
    axes.set_xlabel(depth_words(tumour))


def saved_at(tumour: xr.Dataset, day: float | None) -> int:
    """Return the number of the saved time nearest to a day, by default the last.

    Raises `InputError` for a day before the first or after the last one.
    """
    times = tumour["time"].values.astype(float)
    if day is None:
        return times.size - 1
    slack = 1e-9 * max(1.0, abs(times[-1]))
    if not times[0] - slack <= day <= times[-1] + slack:
        msg = f"day: {day:g} is not between {times[0]:g} and {times[-1]:g}, the days saved"
        raise InputError(msg)
    return int(np.argmin(np.abs(times - day)))


def plane_of(tumour: xr.Dataset, cut: Cut | None) -> tuple[tuple[str, str], dict[str, int]]:
    """Return the two axes that a cut leaves, and the slice of the third, if there is one.

    Raises `InputError` for an axis that there is not, or a place outside.
    """
    volume = tumour["cell_volume"]
    dims = [str(d) for d in volume.dims]
    index = thickest(volume)
    if cut is None:
        kept = dims[-2:]
    else:
        axis, place = cut
        require_known(axis, dims, "cut")
        if len(dims) == 2:
            msg = f"cut: the tumour is a plane along {' and '.join(dims)}; it is drawn whole"
            raise InputError(msg)
        index[axis] = _nearest(tumour[axis].values.astype(float), place, axis)
        kept = [d for d in dims if d != axis]
    return (kept[0], kept[1]), {d: index[d] for d in dims if d not in kept}


def _plot_cut(
    tumour: xr.Dataset, name: str, axes: Axes, time: int, cut: Cut | None, scaled_by: Sequence[int]
) -> None:
    plane, fixed = plane_of(tumour, cut)
    field = tumour[name].isel(fixed)
    norm = scale(field.isel(time=list(scaled_by)).values)
    mesh = draw_cut(axes, tumour, field.isel(time=time), plane, norm)
    axes.set_title(f"{shown_name(tumour[name])}, {cut_title(tumour, time, fixed)}", fontsize=10)
    axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({shown_unit(tumour[name])})")


def _nearest(places: np.ndarray, place: float, axis: str) -> int:
    half = 0.5 * abs(places[1] - places[0]) if places.size > 1 else np.inf
    if not places.min() - half <= place <= places.max() + half:
        msg = f"cut: {axis} = {place:g} is not between {places.min():g} and {places.max():g}"
        raise InputError(msg)
    return int(np.argmin(np.abs(places - place)))
