"""Colours and limits that figures share."""

from __future__ import annotations

from matplotlib import colormaps

# Okabe and Ito's palette, which people with any colour vision can tell apart.
_PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#999999",
    "#F0E442",
)


def colours(number: int) -> list[str | tuple[float, ...]]:
    """Return `number` colours that are safe for the colour-blind."""
    if number <= len(_PALETTE):
        return list(_PALETTE[:number])
    return [colormaps["cividis"](i / (number - 1)) for i in range(number)]


def log_limits(highest: float, decades: float = 8.0) -> tuple[float, float]:
    """Return limits of a logarithmic axis that end above `highest`, at most `decades` long."""
    top = 3.0 * highest if highest > 0 else 1.0
    return top / 10.0**decades, top
