"""Fields over depth at every saved time, small enough for a page."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from cartflow.results.figures.over_depth import means_over_depth
from cartflow.results.figures.panels import shown_name, shown_unit

Array = np.ndarray
_MOST_TIMES, _MOST_FIELDS = 120, 6


def fields_over_depth(tumour: xr.Dataset) -> dict[str, Any]:
    """Return times, depths and means of each field: what the page's slider shows.

    Means are by volume over mesh cells of like depth; a row of cells keeps its own depths. Of
    more than 120 times evenly chosen ones are kept, the first and the last among them.
    """
    chosen = _chosen(tumour.sizes["time"], _MOST_TIMES)
    fields: list[dict[str, Any]] = []
    depths: Array = np.zeros(0)
    for name in _shown(tumour):
        depths, means = means_over_depth(tumour, name, chosen)
        fields.append(
            {
                "name": shown_name(tumour[name]),
                "unit": "" if (unit := shown_unit(tumour[name])) == "1" else unit,
                "values": [[float(f"{v:.4g}") for v in row] for row in means],
            }
        )
    times = np.asarray(tumour["time"].values, dtype=float)[chosen]
    return {
        "times": [float(f"{t:.6g}") for t in times],
        "depths": [float(f"{d:.5g}") for d in depths],
        "fields": fields,
    }


def _shown(tumour: xr.Dataset) -> list[str]:
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs][:_MOST_FIELDS]


def _chosen(number: int, most: int) -> Array:
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(int))
