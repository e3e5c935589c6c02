"""Figures of the book: plain axes in a row, without global state."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure


def panels(number: int, *, width: float = 4.6, height: float = 3.6) -> tuple[Figure, list[Any]]:
    """Return a figure with `number` axes in a row, each `width` x `height` inches."""
    figure = Figure(figsize=(width * number, height), layout="constrained")
    axes = list(figure.subplots(1, number, squeeze=False)[0])
    for item in axes:
        item.spines[["top", "right"]].set_visible(False)
    return figure, axes
