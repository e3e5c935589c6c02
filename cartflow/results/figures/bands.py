"""The bands of a comparison: the ratio by model, rule and draw, and what makes its spread."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from cartflow.core.ticks import colours, decade_limits

_DIMS = ("body", "trafficking", "scaling")
_MOST_MAKERS = 8
_LEAST_SHARE = 0.005
_APART = 0.5  # of the distance between two models, that their rules take


def ratios(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw how many times as much the first body gets as the last, by model and rule.

    Lines hold 90 % of the draws of the numbers, where there are some.
    """
    delivery = dataset["delivery"].values
    most, least = int(np.argmax(delivery)), int(np.argmin(delivery))
    values = dataset["delivery_by_choice"].transpose(*_DIMS).values
    ratio = values[most] / values[least]
    models, rules = (dataset[dim].values.tolist() for dim in _DIMS[1:])
    drawn = None
    if "delivery_by_draw" in dataset:
        draws = dataset["delivery_by_draw"].transpose(*_DIMS, "draw").values
        drawn = np.quantile(draws[most] / draws[least], [0.05, 0.95], axis=-1)
    for k, (rule, colour) in enumerate(zip(rules, colours(len(rules)), strict=True)):
        places = np.arange(len(models)) + _APART * (k - 0.5 * (len(rules) - 1)) / len(rules)
        axes.plot(ratio[:, k], places, "o", color=colour, label=rule.replace("_", " "))
        if drawn is not None:
            axes.hlines(places, drawn[0, :, k], drawn[1, :, k], color=colour)
    axes.set_yticks(range(len(models)), models)
    axes.set_ylim(len(models) - 0.5, -0.5)
    known = ratio[np.isfinite(ratio)] if drawn is None else drawn[np.isfinite(drawn)]
    if known.size and np.all(known > 0):
        axes.set_xscale("log")
        axes.set_xlim(*decade_limits(known))
        axes.xaxis.set_minor_formatter(NullFormatter())
    names = dataset["body"].values
    axes.set_xlabel(f"{names[most]} gets so many times as much as {names[least]}")
    axes.set_title("Ratio by trafficking model and scaling rule", fontsize="medium")
    axes.legend(fontsize="x-small")
    axes.grid(visible=True, alpha=0.3)


def makers(axes: Axes, dataset: xr.Dataset) -> None:
    """Draw what makes how much of the spread of that ratio, the most on top."""
    found = dataset["share_of_spread"].values
    ordered = np.argsort(-found, kind="stable")[:_MOST_MAKERS]
    chosen = [int(i) for i in ordered if found[i] >= _LEAST_SHARE]
    names = [textwrap.fill(str(dataset["maker"].values[i]).replace("_", " "), 30) for i in chosen]
    axes.barh(range(len(chosen)), 100 * found[chosen], color=colours(1)[0], alpha=0.8)
    axes.set_yticks(range(len(chosen)), names, fontsize="small")
    axes.set_ylim(max(len(chosen), 1) - 0.4, -0.6)
    axes.set_xlabel("% of the variance of the ratio's logarithm")
    axes.set_title("What makes the spread", fontsize="medium")
