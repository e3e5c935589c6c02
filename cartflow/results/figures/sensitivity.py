"""The figure of a sensitivity analysis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.results.figures.sensitivity_order import order


def plot_sensitivity(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a sensitivity analysis as PNG."""
    save_figure(sensitivity_figure(dataset), path)


def sensitivity_figure(dataset: xr.Dataset, shown: int = 15) -> Figure:
    """Return a figure: the outcome's range by each number alone, and Sobol indices if any.

    The `shown` numbers that matter most are drawn.
    """
    sobol = "total_order" in dataset
    chosen = dataset.isel(parameter=order(dataset)[:shown])
    rows = chosen.sizes["parameter"]
    figure = Figure(figsize=(13 if sobol else 9, 1.8 + 0.36 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(figure.subplots(1, 1 + sobol))
    _tornado(panels[0], chosen)
    if sobol:
        _indices(panels[1], chosen)
    figure.suptitle(dataset.attrs.get("title", ""))
    return figure


def _tornado(axes: Axes, chosen: xr.Dataset) -> None:
    places = np.arange(chosen.sizes["parameter"])
    for bound, colour in (("low", colours(1)[0]), ("high", TUMOUR_COLOUR)):
        ratio = chosen[f"at_{bound}"].values / chosen.attrs["central"]
        axes.barh(places, ratio - 1.0, left=1.0, color=colour, label=f"{bound}est value", alpha=0.8)
    names = [
        f"{name}\n{_words(low)} to {_words(high)} {unit if unit != '1' else ''}".rstrip()
        for name, low, high, unit in zip(
            chosen["parameter"].values,
            chosen["low"].values,
            chosen["high"].values,
            chosen["unit"].values,
            strict=True,
        )
    ]
    axes.set_yticks(places, names, fontsize="x-small")
    axes.set_ylim(places[-1] + 0.6, -0.6)
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_xscale("log")
    plain = ScalarFormatter()
    axes.xaxis.set_major_formatter(plain)
    axes.xaxis.set_minor_formatter(plain)
    axes.tick_params(axis="x", which="both", labelsize="x-small")
    axes.set_xlabel(f"outcome / that of the study, {chosen.attrs['central']:.4g}")
    axes.set_title(f"One at a time: {chosen.attrs.get('outcome', '')}", fontsize="small")
    axes.legend(fontsize="small", loc="lower right")


def _words(value: float) -> str:
    return f"{value:.3g}"


def _indices(axes: Axes, chosen: xr.Dataset) -> None:
    places = np.arange(chosen.sizes["parameter"])
    first, second = colours(2)
    axes.barh(places - 0.2, chosen["first_order"], height=0.4, color=first, label="first order")
    axes.barh(
        places + 0.2,
        chosen["total_order"],
        xerr=chosen["total_order_error"],
        height=0.4,
        color=second,
        label="total, with its 95 % interval",
    )
    axes.set_yticks(places, [""] * len(places))
    axes.set_ylim(places[-1] + 0.6, -0.6)
    axes.set_xlabel("Sobol index of the logarithm of the outcome")
    axes.set_title("All at once", fontsize="small")
    axes.legend(fontsize="small", loc="lower right")
