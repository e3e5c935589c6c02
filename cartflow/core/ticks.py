"""Colours and limits that figures share."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps

# Okabe and Ito's palette, which people with any colour vision can tell apart; the tumour's is
# kept for the tumour, and yellow is left out, since it does not show on white.
TUMOUR_COLOUR = "#D55E00"
_PALETTE = (
    "#0072B2",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#999999",
    "#7A5C00",
)


def colours(number: int) -> list[str | tuple[float, ...]]:
    """Return `number` colours that are safe for the colour-blind."""
    if number <= len(_PALETTE):
        return list(_PALETTE[:number])
    return [colormaps["cividis"](i / (number - 1)) for i in range(number)]


def log_limits(values: np.ndarray, decades: float = 8.0) -> tuple[float, float]:
    """Return limits of a logarithmic axis around the positive `values`, at most `decades` long."""
    positive = values[np.isfinite(values) & (values > 0)]
    if positive.size == 0:
        return 0.1, 1.0
    top = 3.0 * float(positive.max())
    return max(float(positive.min()) / 30.0, top / 10.0**decades), top


def decade_limits(values: np.ndarray) -> tuple[float, float]:
    """Return limits at powers of ten around the positive `values`, so that ticks have room."""
    low, high = np.log10(values.min()), np.log10(values.max())
    return 10.0 ** np.floor(low - 0.1), 10.0 ** np.ceil(high + 0.1)
