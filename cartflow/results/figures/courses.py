"""The courses of a body in a result, one panel each: organs, blood, sites, balance."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.outcome import InputError
from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.results.endpoint import all_phenotypes
from cartflow.results.figures.panels import (
    finish,
    finish_linear,
    shown_unit,
    timeline,
)
from cartflow.results.one_tumour import SEVERAL

_ROUND_OFF = 1e-12  # of the cells infused


def plot_organs(tree: xr.DataTree, axes: Axes, shown: int = 8) -> None:
    """Draw the product cells of the organs that hold most of them, over time."""
    cells = _cells(tree)
    _organs(cells, cells, axes, shown)
    finish(axes, "CAR T cells by organ", "cells")


def plot_per_gram(tree: xr.DataTree, axes: Axes, shown: int = 8) -> None:
    """Draw the share of all infused cells per mL of organ, over time; tissue is 1 g per mL.

    Raises `InputError` where nothing was infused.
    """
    body = tree["body"].to_dataset()
    dose = float(all_phenotypes(tree["balance"].variables["infused"])[-1])
    if dose <= 0:
        raise InputError("nothing was infused, so there is no share of the dose to draw")
    volume = body["volume"].sum("space") / 1000.0
    known = body["organ"].values[volume.values > 0]
    cells = _cells(tree)
    _organs((100.0 / dose * cells / volume).sel(organ=known), cells, axes, shown)
    finish(axes, "Share of the dose per g (of 1 g/mL)", "% of the dose per g")


def plot_blood(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the product cells in venous blood by phenotype, over time."""
    blood = tree["body"].to_dataset()["blood_concentration"]
    names = [str(name) for name in blood["phenotype"].values]
    for name, colour in zip(names, colours(len(names)), strict=True):
        timeline(axes, blood.sel(phenotype=name), name.replace("_", " "), colour)
    finish(axes, "Venous blood", "cells/µL")


def _cells(tree: xr.DataTree) -> xr.DataArray:
    return tree["body"].to_dataset()["cells"].sum(["phenotype", "space"])


def _organs(values: xr.DataArray, cells: xr.DataArray, axes: Axes, shown: int) -> None:
    """Draw values (time, organ) of the organs that have most, and of tumours.

    An organ has one colour whatever the values are: that of its place among those with most cells.
    """
    inside = [str(name) for name in values["organ"].values if str(name).startswith("tumour")]
    names = [name for name in _largest(values, shown) if name not in inside]
    order = [name for name in _largest(cells, shown) if name not in inside]
    order += [name for name in names if name not in order]
    shades = dict(zip(order, colours(len(order)), strict=True))
    for name in names:
        timeline(axes, values.sel(organ=name), name.replace("_", " "), shades[name])
    for name, style in zip(inside, cycle(("--", ":", "-.")), strict=False):
        text = f"{name.replace('_', ' ')} and its vessels"
        timeline(axes, values.sel(organ=name), text, TUMOUR_COLOUR, style, 2.5)


def _largest(values: xr.DataArray, count: int) -> list[str]:
    order = np.argsort(-values.max("time").values)
    return [str(name) for name in values["organ"].values[order][:count]]


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


def plot_balance(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the terms of the balance; the residual is named in the title."""
    dataset = tree["balance"].to_dataset()
    balance = dataset.sum("phenotype")
    names = ["infused", "born", "died", "in_body", "in_tumour"]
    names = names if {"tumour", SEVERAL} & set(tree.children) else names[:-1]
    # Nothing is removed or under way in most runs; where something is, the sum needs it.
    least = _ROUND_OFF * float(balance["infused"].max())
    rare = ("removed", "in_transit")
    names += [n for n in rare if n in balance and float(abs(balance[n]).max()) > least]
    for name, colour in zip(names, colours(len(names)), strict=True):
        timeline(axes, balance[name], name.replace("_", " "), colour)
    turnover = (balance["infused"] + balance["born"]).clip(min=1e-300)
    worst = float((abs(dataset["residual_total"]) / turnover).max())
    title = f"Balance (largest relative residual {worst:.1g})"
    finish(axes, title, "cells")
