"""What the figures of a fit and of a population's fit share."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.outcome import InputError


def require_variables(dataset: xr.Dataset, names: Sequence[str]) -> None:
    """Raise `InputError` naming the first variable that the figure of a fit misses."""
    for name in names:
        if name not in dataset.variables:
            msg = f"/: the variable '{name}' is missing"
            raise InputError(msg)


def unit_of(dataset: xr.Dataset, name: str) -> str:
    """Return the unit of an observable as a label, of a plain number nothing."""
    unit = str(dataset["unit"].values[dataset["observable"].values == name][0])
    return "" if unit == "1" else unit


def residuals(axes: Axes, dataset: xr.Dataset, name: str, subject: str | None = None) -> None:
    """Draw the standardised residuals of an observable over time, or of a `subject` over depth."""
    here = dataset["observable"].values == name
    over, words = dataset["time"].values, "time (day)"
    if subject is not None:
        here = here & (dataset["subject"].values == subject)
        over, words = dataset["depth"].values, "depth (mm)"
    axes.axhline(0.0, color="black", linewidth=0.8)
    for level in (-2.0, 2.0):
        axes.axhline(level, color="grey", linewidth=0.6, linestyle=":")
    axes.plot(over[here], dataset["residual"].values[here], ".", markersize=4)
    label(axes, f"{name}: residuals", words, "standard deviations")


def label(axes: Axes, title: str, x: str, y: str) -> None:
    """Give a panel its title and axes, with a light grid."""
    axes.set_title(title, fontsize=8)
    axes.set_xlabel(x, fontsize=7)
    axes.set_ylabel(y, fontsize=7)
    axes.tick_params(labelsize=6)
    axes.grid(alpha=0.3)
