"""Fields over depth at every saved time, small enough for a page."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.dataset import POSITION, grows
from cartflow.results.figures.panels import shown_name, shown_unit

Array = np.ndarray
_MOST_PLACES, _MOST_TIMES, _MOST_FIELDS = 60, 120, 6


def fields_over_depth(tumour: xr.Dataset) -> dict[str, Any]:
    """Return times, depths and means of each field: what the page's slider shows.

    Means are by volume over mesh cells of like depth; a row of cells keeps its own depths. Of
    more than 120 times evenly chosen ones are kept, the first and the last among them. Of a tumour
    that grows depths are below the rim of each time, and nothing is below its centre.
    """
    if grows(tumour):
        return _of_growing(tumour)
    depth, volume = _flat(tumour["depth"]), _flat(tumour["cell_volume"])
    inside = np.isfinite(volume)
    bins, centres = _bins(depth[inside], volume[inside])
    chosen = _chosen(tumour.sizes["time"], _MOST_TIMES)
    fields = []
    for name in _shown(tumour):
        rows = _flat(tumour[name].isel(time=chosen), len(chosen))[:, inside]
        means = np.array([_means(row, volume[inside], bins, len(centres)) for row in rows])
        values = [[float(f"{v:.4g}") for v in row] for row in means]
        fields.append(_field(tumour[name], values))
    return _page(tumour, chosen, centres, fields)


def _of_growing(tumour: xr.Dataset) -> dict[str, Any]:
    """Return the same of a tumour that grows, as lines between its mesh cells."""
    chosen = _chosen(tumour.sizes["time"], _MOST_TIMES)
    size = "radius" if "radius" in tumour.variables else "length"
    edges = np.asarray(tumour[size].values, dtype=float)[chosen]
    below = edges[:, None] - _flat(tumour[POSITION].isel(time=chosen), len(chosen))
    depths = np.linspace(0.0, below.max(), _MOST_PLACES)
    fields = []
    for name in _shown(tumour):
        rows = _flat(tumour[name].isel(time=chosen), len(chosen))
        values = [
            [float(f"{v:.4g}") if d <= deep[0] else None for v, d in zip(line, depths, strict=True)]
            for deep, line in (
                (at, np.interp(depths, at[::-1], row[::-1]))
                for at, row in zip(below, rows, strict=True)
            )
        ]
        fields.append(_field(tumour[name], values))
    return _page(tumour, chosen, depths, fields)


def _field(field: xr.DataArray, values: list[Any]) -> dict[str, Any]:
    unit = shown_unit(field)
    return {"name": shown_name(field), "unit": "" if unit == "1" else unit, "values": values}


def _page(tumour: xr.Dataset, chosen: Array, depths: Array, fields: list[Any]) -> dict[str, Any]:
    times = np.asarray(tumour["time"].values, dtype=float)[chosen]
    return {
        "times": [float(f"{t:.6g}") for t in times],
        "depths": [float(f"{d:.5g}") for d in depths],
        "fields": fields,
    }


def _shown(tumour: xr.Dataset) -> list[str]:
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs][:_MOST_FIELDS]


def _flat(values: xr.DataArray, times: int | None = None) -> Array:
    if times is None:
        return np.asarray(values.values, dtype=float).ravel()
    first = values.transpose("time", ...)
    return np.asarray(first.values, dtype=float).reshape(times, -1)


def _chosen(number: int, most: int) -> Array:
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(int))


def _bins(depth: Array, volume: Array) -> tuple[Array, Array]:
    """Return the bin of each mesh cell and the bins' mean depths, rising."""
    distinct, place = np.unique(depth.round(9), return_inverse=True)
    if distinct.size > _MOST_PLACES:
        edges = np.linspace(depth.min(), depth.max(), _MOST_PLACES + 1)
        place = np.clip(np.digitize(depth, edges) - 1, 0, _MOST_PLACES - 1)
        _, place = np.unique(place, return_inverse=True)
    number = int(place.max()) + 1
    return place, _means(depth, volume, place, number)


def _means(values: Array, volume: Array, place: Array, number: int) -> Array:
    weights = np.bincount(place, volume, number)
    return np.asarray(np.bincount(place, np.nan_to_num(values) * volume, number) / weights)
