"""The table that ``cartflow refine`` prints."""

from __future__ import annotations

import numpy as np
import xarray as xr


def refinement_lines(dataset: xr.Dataset) -> list[str]:
    """Return the table of numbers by mesh, their limits, and which cells would do."""
    words = str(dataset.attrs["numbers_in_words"]).split("; ")
    target = _percent(float(dataset.attrs["target"]))
    rows = [["cells", "width (mm)", *_heads(dataset, words)]]
    for _, level in dataset.groupby("level"):
        level = level.squeeze("level")
        head = [f"{int(level['cells'])}", f"{float(level['width']):.4g}"]
        rows.append([*head, *(f"{float(value):.6g}" for value in level["value"])])
    rows += [
        ["limit", "", *(f"{float(v):.6g}" for v in dataset["limit"])],
        ["order", "", *map(_order, dataset["order"], dataset["order_measured"])],
        ["error of the finest", "", *(_percent(float(e)) for e in dataset["finest_error"])],
        [f"width for {target}", "", *map(_width, dataset["width_for_target"])],
    ]
    return [*_columns(rows), *_found(dataset, words, target)]


def _heads(dataset: xr.Dataset, words: list[str]) -> list[str]:
    """Return the words with their units, where these are not cells."""
    units = [str(unit) for unit in dataset["unit"].values]
    return [
        word if unit == "cell" else f"{word} ({unit})"
        for word, unit in zip(words, units, strict=True)
    ]


def _found(dataset: xr.Dataset, words: list[str], target: str) -> list[str]:
    """Return which numbers the meshes tell nothing of, and the width that the others need."""
    widths = dataset["width_for_target"].values
    lines = []
    idle = [word for word, width in zip(words, widths, strict=True) if np.isnan(width)]
    if idle:
        which = "all numbers" if len(idle) == len(words) else ", ".join(idle)
        lines = [f"{which}: the meshes differ by round-off alone, so no order can be seen"]
    hardly = np.isin(dataset["number"].values, str(dataset.attrs.get("negligible", "")).split())
    if hardly.any():
        lines.append("hardly any cells entered the tumour: their number asks for no mesh")
    asking = np.flatnonzero(np.isfinite(widths) & ~hardly)
    if asking.size:
        place = int(asking[np.argmin(widths[asking])])
        lines.append(f"use {float(widths[place]):.2g} mm for {target} on {words[place]}")
    return lines


def _width(width: xr.DataArray) -> str:
    return "any" if np.isnan(width) else f"{float(width):.2g}"


def _order(order: xr.DataArray, measured: xr.DataArray) -> str:
    if np.isnan(order):
        return "round-off"
    return f"{float(order):.2f}" if int(measured) else f"{float(order):.0f} (taken)"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in rows
    ]
