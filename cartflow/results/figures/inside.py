"""A result's figure within a page that needs no other file."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import xarray as xr

from cartflow.results.figures.run import plot_result


def png_of(tree: xr.DataTree) -> bytes:
    """Return the figure of `plot_result`. Raises what that raises."""
    return png_by(lambda path: plot_result(tree, path))


def png_by(draw: Callable[[Path], None]) -> bytes:
    """Return the PNG that `draw` writes. Raises what that raises."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        draw(path)
        return path.read_bytes()


def picture(png: bytes, text: str) -> str:
    """Return a picture that the page itself holds."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(text, quote=True)}">'
