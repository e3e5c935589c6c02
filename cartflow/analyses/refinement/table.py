"""The table that ``cartflow refine`` prints."""

from __future__ import annotations

import numpy as np
import xarray as xr


def refinement_lines(dataset: xr.Dataset) -> list[str]:
    """Return the table of numbers by mesh, their limits, and which cells would do."""
    words = str(dataset.attrs["numbers_in_words"]).split("; ")
    target = _percent(float(dataset.attrs["target"]))
    rows = [["cells", "width (mm)", *words]]
    for _, level in dataset.groupby("level"):
        level = level.squeeze("level")
        head = [f"{int(level['cells'])}", f"{float(level['width']):.4g}"]
        rows.append([*head, *(f"{float(value):.6g}" for value in level["value"])])
    rows += [
        ["limit", "", *(f"{float(v):.6g}" for v in dataset["limit"])],
        ["order", "", *map(_order, dataset["order"], dataset["order_measured"])],
        ["error of the finest", "", *(_percent(float(e)) for e in dataset["finest_error"])],
        [f"width for {target}", "", *(f"{float(w):.2g}" for w in dataset["width_for_target"])],
    ]
    widths = dataset["width_for_target"].values
    place = int(np.argmin(widths))
    width = float(widths[place])
    return [*_columns(rows), f"use {width:.2g} mm for {target} on {words[place]}"]


def _order(order: xr.DataArray, measured: xr.DataArray) -> str:
    return f"{float(order):.2f}" if int(measured) else f"{float(order):.0f} (taken)"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in rows
    ]
