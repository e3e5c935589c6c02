"""Panels by name, each drawn into axes."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.outcome import InputError, require_known
from cartflow.results.figures.courses import (
    plot_balance,
    plot_blood,
    plot_organs,
    plot_per_gram,
    plot_sites,
)
from cartflow.results.figures.in_tumour import plot_burden, plot_depth, plot_exchange

Draw = Callable[[xr.DataTree, Axes], None]

OF_BODY: dict[str, Draw] = {
    "organs": plot_organs,
    "per_gram": plot_per_gram,
    "blood": plot_blood,
    "sites": plot_sites,
    "balance": plot_balance,
}
OF_TUMOUR: dict[str, Draw] = {
    "exchange": plot_exchange,
    "burden": plot_burden,
    "depth": plot_depth,
}


def draw_panel(tree: xr.DataTree, name: str, axes: Axes) -> None:
    """Draw the panel of that name. Raises `InputError` for one that the result has not."""
    require_known(name, [*OF_BODY, *OF_TUMOUR], "panel")
    if name in OF_TUMOUR:
        require_tumour(tree, f"panel '{name}'")
        OF_TUMOUR[name](tree, axes)
        return
    if name == "sites" and "site" not in tree["body"].dims:
        raise InputError("panel 'sites': no kinetics act in the organs of this result")
    if name == "blood" and "blood_concentration" not in tree["body"].variables:
        raise InputError("panel 'blood': the result has no blood")
    OF_BODY[name](tree, axes)


def require_tumour(tree: xr.DataTree, what: str) -> None:
    """Raise `InputError` unless the result is that of one tumour."""
    if "tumour" not in tree.children:
        several = "several; choose one by --tumour" if "tumours" in tree.children else "none"
        msg = f"{what}: it is of one tumour, and the result has {several}"
        raise InputError(msg)
