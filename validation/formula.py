"""Formulas as pictures, drawn by matplotlib, so that the report needs no network."""

from __future__ import annotations

import io
from typing import Any

from matplotlib import rc_context
from matplotlib.mathtext import math_to_image

from cartflow.outcome import InputError


def formula_svg(tex: str) -> bytes:
    """Return one line of TeX (matplotlib's mathtext, without dollars) as an SVG image.

    Letters are paths, so that it looks the same everywhere. Raises `InputError` on bad TeX.
    """
    image = io.BytesIO()
    style: dict[Any, Any] = {
        "mathtext.fontset": "stix",
        "svg.fonttype": "path",
        "svg.hashsalt": tex,
    }
    try:
        with rc_context(style):
            math_to_image(f"${tex}$", image, format="svg")
    except ValueError as error:
        msg = f"formula '{tex}': {error}"
        raise InputError(msg) from None
    return image.getvalue()
