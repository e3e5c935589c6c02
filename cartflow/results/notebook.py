"""A result as a notebook shows it: what came of it in numbers, and its figure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.results.drawable import require_drawable
from cartflow.results.figures.inside import picture, png_of

_UNITS = {"time": "day", "depth": "mm", "relative_residual": "1"}


def result_html(tree: xr.DataTree, outcome: str, numbers: Mapping[str, float]) -> str:
    """Return a table of the summary's `numbers` beside the figure, as HTML without links.

    Where the tree cannot be drawn, a line says why.
    """
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{value:.6g}</td><td>{_UNITS.get(name, 'cells')}</td></tr>"
        for name, value in numbers.items()
    )
    title = escape(str(tree.attrs.get("title", "")))
    return (
        f"<div><p><b>{title}</b><br>{escape(outcome)}</p><table>{rows}</table>{_figure(tree)}</div>"
    )


def _figure(tree: xr.DataTree) -> str:
    try:
        require_drawable(tree)
        return picture(png_of(tree), "its figure")
    except InputError as error:
        return f"<p>{escape(str(error))}</p>"
