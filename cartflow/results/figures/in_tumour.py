"""The courses of a tumour in a result, one panel each: exchange, burden, depth."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.results.endpoint import all_phenotypes, called, resident_courses
from cartflow.results.figures.over_depth import below_what
from cartflow.results.figures.panels import finish, finish_linear, label, timeline
from cartflow.results.one_tumour import SEVERAL, tumours_of


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


def plot_burden(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the tumour's own cells by kind and all product cells in it, if any, over linear time."""
    tumour, balance = tree["tumour"].to_dataset(), tree["balance"].to_dataset()
    time = balance["time"].values
    for (name, course), style in zip(
        resident_courses(tumour).items(), cycle(("-", "--", ":", "-.")), strict=False
    ):
        axes.plot(time, course, style, color="0.25", label=called(tumour, name))
    if balance.sizes["phenotype"]:
        inside = all_phenotypes(balance["in_tumour"].variable)
        axes.plot(time, inside, color=TUMOUR_COLOUR, label="product cells")
    finish_linear(axes, "In the tumour", "cells")


def plot_depth(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the depth that 95 % of each phenotype in the tumour stay above, over time."""
    tumour = tree["tumour"].to_dataset()
    depths, time = tumour["penetration_depth"], tumour["time"].values
    names = [str(name) for name in tumour["phenotype"].values]
    for name, colour in zip(names, colours(len(names)), strict=True):
        axes.plot(time, depths.sel(phenotype=name).values, color=colour, label=name)
    deepest = float(np.nanmax(tumour["depth"].values))
    axes.axhline(deepest, color="0.5", ls=":", label="deepest place")
    axes.invert_yaxis()
    label(axes, "Depth that holds 95 % of the cells", f"mm {below_what(tumour)}")


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
