"""The figures of decisions on a virtual cohort: adaptive dosing, and debulking before infusion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.fitted import label, require_variables

_FIXED, _ADAPTIVE = "#999999", "#0072B2"
_NEEDED = {
    "adaptive dosing": ("utility", "chosen", "mean_utility", "option"),
    "debulking": ("removed", "chance", "chance_low", "chance_high", "least"),
}


def plot_decided(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a decision as PNG."""
    save_figure(decided_figure(dataset), path)


def require_decided(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of a decision misses."""
    require_variables(dataset, _NEEDED[str(dataset.attrs["analysis"])])


def decided_figure(dataset: xr.Dataset) -> Figure:
    """Return the figure of a decision, of two panels."""
    require_decided(dataset)
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2)
    if dataset.attrs["analysis"] == "debulking":
        _chance(axes[0], dataset)
        _least(axes[1], dataset)
    else:
        _means(axes[0], dataset)
        _gains(axes[1], dataset)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    figure.supxlabel(str(dataset.attrs.get("comment", "")), fontsize=8, style="italic")
    return figure


def _means(axes: Axes, dataset: xr.Dataset) -> None:
    a = dataset.attrs
    names = [*dataset["option"].values.tolist(), "chosen by counts", "were all known"]
    rows = [
        *zip(
            *(dataset[f"mean_utility{e}"].values for e in ("", "_low", "_high")),
            strict=True,
        ),
        *(
            tuple(a[f"{n}_utility{e}"] for e in ("", "_low", "_high"))
            for n in ("adaptive", "known")
        ),
    ]
    for k, (middle, low, high) in enumerate(rows):
        colour = _ADAPTIVE if k == len(rows) - 2 else _FIXED
        axes.plot([low, high], [k, k], color=colour, linewidth=2.0)
        axes.plot(middle, k, "o", color=colour, markersize=5)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    label(axes, "mean and 95 % interval", "utility", "")


def _gains(axes: Axes, dataset: xr.Dataset) -> None:
    utilities, chosen = dataset["utility"].values, dataset["chosen"].values
    adaptive = utilities[np.arange(len(chosen)), chosen]
    options = dataset["option"].values.tolist()
    fixed = utilities[:, options.index(dataset.attrs["fixed_option"])]
    values, counts = np.unique(np.round(adaptive - fixed, 9), return_counts=True)
    wide = 0.6 * float(np.diff(values).min()) if len(values) > 1 else 0.2
    axes.bar(values, counts / len(chosen), width=wide, color=_ADAPTIVE)
    axes.axvline(0.0, color="black", linewidth=0.8)
    label(axes, "adaptive less fixed", "gain of a member in utility", "share of members")


def _chance(axes: Axes, dataset: xr.Dataset) -> None:
    removed = dataset["removed"].values
    ends = dataset["chance_low"].values, dataset["chance_high"].values
    axes.fill_between(removed, *ends, color=_ADAPTIVE, alpha=0.3, linewidth=0)
    axes.plot(removed, dataset["chance"].values, ".-", color=_ADAPTIVE)
    axes.set_ylim(-0.02, 1.02)
    label(axes, "success, 95 % interval", "fraction removed before", "share of members")


def _least(axes: Axes, dataset: xr.Dataset) -> None:
    least, removed = dataset["least"].values, dataset["removed"].values
    shares = [np.mean(least == each) for each in removed]
    wide = 0.7 * float(np.diff(removed).min()) if len(removed) > 1 else 0.05
    axes.bar(removed, shares, width=wide, color=_ADAPTIVE)
    never = np.mean(~np.isfinite(least))
    label(axes, f"{100 * never:.3g} % by none of these", "least fraction that is enough", "share")
