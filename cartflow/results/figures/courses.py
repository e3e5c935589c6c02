"""The courses of a result, one panel each: organs, sites, exchange, balance."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.results.figures.panels import finish, finish_linear, shown_unit, timeline
from cartflow.results.one_tumour import SEVERAL, tumours_of


def plot_organs(tree: xr.DataTree, axes: Axes, shown: int = 8) -> None:
    """Draw the product cells of the organs that hold most of them, over time."""
    cells = tree["body"].to_dataset()["cells"].sum(["phenotype", "space"])
    largest = cells["organ"].values[np.argsort(-cells.max("time").values)][:shown]
    inside = [str(name) for name in cells["organ"].values if str(name).startswith("tumour")]
    names = [str(name) for name in largest if name not in inside]
    for name, colour in zip(names, colours(len(names)), strict=True):
        timeline(axes, cells.sel(organ=name), name.replace("_", " "), colour)
    for name, style in zip(inside, cycle(("--", ":", "-.")), strict=False):
        text = f"{name.replace('_', ' ')} and its vessels"
        timeline(axes, cells.sel(organ=name), text, TUMOUR_COLOUR, style, 2.5)
    finish(axes, "CAR T cells by organ", "cells")


def plot_sites(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the densities where kinetics act in organs, over linear time."""
    body = tree["body"].to_dataset()
    courses = {
        f"{name}, {site}".removeprefix("density_").replace("_", " "): values.sel(site=site)
        for name, values in body.data_vars.items()
        if str(name).startswith("density_")
        for site in body["site"].values
        if float(values.sel(site=site).max()) > 0
    }
    for (name, values), colour in zip(courses.items(), colours(len(courses)), strict=True):
        axes.plot(values["time"].values, values.values, color=colour, label=name)
    units = {"relative amount" if shown_unit(v) == "1" else shown_unit(v) for v in courses.values()}
    finish_linear(axes, "Where kinetics act in organs", ", ".join(sorted(units, reverse=True)))


def plot_exchange(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the cells that came in, went out and stayed in the tumour."""
    exchange = tree["exchange"].to_dataset().sum("phenotype")
    present = tree["balance"].to_dataset()["in_tumour"].sum("phenotype")
    lines = {
        "entered from the body": exchange["cumulative_inflow"],
        "left by lymph": exchange["cumulative_egress"],
        "in the tumour": present,
    }
    for (name, values), colour in zip(lines.items(), colours(3), strict=True):
        timeline(axes, values, name, colour)
    finish(axes, "Exchange with the tumour", "cells")


def plot_in_tumours(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the cells that came into each of several tumours, and those in it."""
    cells = tree["body"].to_dataset()["cells"].sum("phenotype")
    names = tumours_of(tree)
    for name, colour in zip(names, colours(len(names)), strict=True):
        exchange = tree[f"{SEVERAL}/{name}/exchange"].to_dataset().sum("phenotype")
        shown = name.replace("_", " ")
        timeline(axes, cells.sel(organ=f"tumour_{name}", space="tissue"), f"in {shown}", colour)
        came = exchange["cumulative_inflow"]
        timeline(axes, came, f"entered {shown}", colour, ":")
    finish(axes, "The tumours", "cells")


def plot_balance(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the terms of the balance; the residual is named in the title."""
    dataset = tree["balance"].to_dataset()
    balance = dataset.sum("phenotype")
    names = ["infused", "born", "died", "in_body", "in_tumour"]
    names = names if {"tumour", SEVERAL} & set(tree.children) else names[:-1]
    for name, colour in zip(names, colours(len(names)), strict=True):
        timeline(axes, balance[name], name.replace("_", " "), colour)
    turnover = (balance["infused"] + balance["born"]).clip(min=1e-300)
    worst = float((abs(dataset["residual_total"]) / turnover).max())
    title = f"Balance (largest relative residual {worst:.1g})"
    finish(axes, title, "cells")
