"""Formulas as pictures, drawn by matplotlib, so that the report needs no network."""

from __future__ import annotations

import io
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from cartflow.outcome import InputError

_POINTS = 14.0
_PER_INCH = 72.0


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
    text = f"${tex}$"
    try:
        with rc_context(style):
            font = FontProperties(size=_POINTS)
            parser: Any = MathTextParser("path")
            width, height, depth, *_ = parser.parse(text, dpi=_PER_INCH, prop=font)
            figure = Figure(figsize=(width / _PER_INCH, height / _PER_INCH))
            figure.text(0, depth / height, text, fontproperties=font)
            figure.savefig(image, format="svg", dpi=_PER_INCH, metadata={"Date": None})
    except ValueError as error:
        msg = f"formula '{tex}': {error}"
        raise InputError(msg) from None
    return image.getvalue()
