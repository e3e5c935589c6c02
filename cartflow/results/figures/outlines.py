"""Outlines of what lies inside on a grid, along the edges of its cells."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection

Array = np.ndarray


def outline(inside: Array, places: list[Array], colour: str, style: str) -> LineCollection:
    """Return the edges between cells that are `inside` (vertical, across) and those that are not.

    `places` are the centres of columns and of rows. Beyond the border of the grid nothing is
    inside.
    """
    x, y = (_edges(centres) for centres in places)
    padded = np.pad(inside, 1)
    rows, columns = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    upright = np.stack([np.stack([x[columns]] * 2, 1), np.stack([y[rows], y[rows + 1]], 1)], 2)
    rows, columns = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    level = np.stack([np.stack([x[columns], x[columns + 1]], 1), np.stack([y[rows]] * 2, 1)], 2)
    return LineCollection(
        list(np.concatenate([upright, level])), colors=colour, linestyles=style, linewidths=0.8
    )


def _edges(centres: Array) -> Array:
    """Return the edges between centres, and those before the first and after the last."""
    if centres.size == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = 0.5 * (centres[1:] + centres[:-1])
    first, last = 2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])
