"""Formulas as pictures, drawn by matplotlib, so that the report needs no network."""

from __future__ import annotations

from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from cartflow.core.outcome import InputError

_POINTS = 14.0
_MARGIN = 1.0
_LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


def formula_svg(tex: str) -> bytes:
    """Return one line of TeX (matplotlib's mathtext, without dollars) as an SVG image.

    Letters are outlines, so that it looks the same everywhere. Raises `InputError` on bad TeX.
    """
    font: Any = FontProperties(math_fontfamily="stix")
    try:
        outlines = TextPath((0.0, 0.0), f"${tex}$", size=_POINTS, prop=font)
    except ValueError as error:
        msg = f"formula '{tex}': {error}"
        raise InputError(msg) from None
    box = outlines.get_extents().padded(_MARGIN)
    # Down is positive in SVG.
    frame = f"{box.x0:.2f} {-box.y1:.2f} {box.width:.2f} {box.height:.2f}"
    size = f'width="{box.width:.2f}pt" height="{box.height:.2f}pt"'
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{frame}">'
        f'<path d="{_commands(outlines)}"/></svg>\n'
    )
    return text.encode("ascii")


def _commands(outlines: Path) -> str:
    parts = []
    for points, code in outlines.iter_segments(curves=True, simplify=False):
        if code == Path.CLOSEPOLY:
            parts.append("Z")
        elif code in _LETTERS:
            pairs = zip(points[::2], points[1::2], strict=True)
            parts.append(_LETTERS[code] + " ".join(f"{x:.2f} {-y:.2f}" for x, y in pairs))
    return "".join(parts)
