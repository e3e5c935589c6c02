"""Figures of several rows: plain axes on a sheet, without global state."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure


def sheet(
    rows: int, columns: int, *, width: float = 4.6, height: float = 3.5
) -> tuple[Figure, list[Any]]:
    """Return a figure and its `rows` x `columns` axes, row by row, each of that size in inches."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for item in axes:
        item.spines[["top", "right"]].set_visible(False)
    return figure, axes
