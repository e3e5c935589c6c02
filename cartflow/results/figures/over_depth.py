"""Fields over depth: means by volume over mesh cells of like depth."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import POSITION, grows

Array = np.ndarray
_MOST_PLACES = 60


def means_over_depth(tumour: xr.Dataset, name: str, times: Array) -> tuple[Array, Array]:
    """Return depths (mm), rising, and a field's means there at the times of these numbers.

    Means (time, depth) are by volume over mesh cells of like depth, of up to 60 depths; where there
    are more they lie a voxel or more apart. A row of cells keeps its own. Of a tumour that grows
    depths are those of each time, from the rim, or in a slab from the left, and nan beyond its last
    mesh cell.
    """
    if grows(tumour):
        return _in_one_that_grows(tumour, name, times)
    depth, volume = _flat(tumour["depth"]), _flat(tumour["cell_volume"])
    inside = np.isfinite(volume)
    bins, centres = _bins(depth[inside], volume[inside], _voxel_width(tumour[name]))
    rows = _flat(tumour[name].isel(time=times), len(times))[:, inside]
    means = [_means(row, volume[inside], bins, len(centres)) for row in rows]
    return centres, np.array(means)


def depth_words(tumour: xr.Dataset) -> str:
    """Return what an axis of depths is called: what they are below goes by the geometry."""
    return f"depth {below_what(tumour)} (mm)"


def below_what(tumour: xr.Dataset) -> str:
    """Return what depths are below, as in ``below the rim``; earlier results do not say."""
    return str(tumour["depth"].attrs.get("long_name", "")).removeprefix("depth ") or "below the rim"


def _in_one_that_grows(tumour: xr.Dataset, name: str, times: Array) -> tuple[Array, Array]:
    """Return depths and a field there, as lines between mesh cells."""
    below = _flat(tumour[POSITION].isel(time=times), len(times))
    rows = _flat(tumour[name].isel(time=times), len(times))
    if "radius" in tumour.variables:
        rim = np.asarray(tumour["radius"].values, dtype=float)[times]
        below, rows = (rim[:, None] - below)[:, ::-1], rows[:, ::-1]
    depths = np.linspace(0.0, below.max(), _MOST_PLACES)
    means = [np.interp(depths, at, row, right=np.nan) for at, row in zip(below, rows, strict=True)]
    return depths, np.array(means)


def _flat(values: xr.DataArray, times: int | None = None) -> Array:
    """Return values as one row, or as one for each of so many times."""
    if times is None:
        return np.asarray(values.values, dtype=float).ravel()
    first = values.transpose("time", ...)
    return np.asarray(first.values, dtype=float).reshape(times, -1)


def _voxel_width(field: xr.DataArray) -> float:
    """Return the narrowest side of a voxel, or 0 where mesh cells are not voxels."""
    axes = [field[axis].values for axis in field.dims if axis in ("x", "y", "z")]
    sides = [np.diff(axis).min() for axis in axes if axis.size > 1]
    return float(min(sides)) if len(axes) > 1 and sides else 0.0


def _bins(depth: Array, volume: Array, apart: float) -> tuple[Array, Array]:
    """Return the bin of each mesh cell and the bins' mean depths, rising.

    Where there are many they are `apart` or more.
    """
    distinct, place = np.unique(depth.round(9), return_inverse=True)
    if distinct.size > _MOST_PLACES:
        most = min(_MOST_PLACES, int(np.ptp(depth) / apart) + 1) if apart else _MOST_PLACES
        edges = np.linspace(depth.min(), depth.max(), most + 1)
        place = np.clip(np.digitize(depth, edges) - 1, 0, most - 1)
        _, place = np.unique(place, return_inverse=True)
    number = int(place.max()) + 1
    return place, _means(depth, volume, place, number)


def _means(values: Array, volume: Array, place: Array, number: int) -> Array:
    weights = np.bincount(place, volume, number)
    return np.asarray(np.bincount(place, np.nan_to_num(values) * volume, number) / weights)
