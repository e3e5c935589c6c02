"""Figures of a result: organs over time, the tumour, the balance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours
from cartflow.results.drawable import has_products
from cartflow.results.figures.courses import plot_balance, plot_organs, plot_sites
from cartflow.results.figures.in_tumour import plot_burden, plot_exchange, plot_in_tumours
from cartflow.results.figures.panels import finish_linear, shown_unit
from cartflow.results.figures.slices import first_field
from cartflow.results.figures.tumour import in_one_row, plot_tumour
from cartflow.results.one_tumour import one_tumour, tumours_of


def plot_result(tree: xr.DataTree, path: Path) -> None:
    """Write a figure (PNG) of organs, tumour fields, exchange and balance over time.

    Of a kinetics model run alone: of its species and balance. Of a tumour without product cells:
    of its own cells over time, and its fields.
    """
    if "species" in tree.children:
        plot_simulated(tree, path)
        return
    if tumours_of(tree):
        plot_tumours(tree, path)
        return
    if "tumour" not in tree.children:
        plot_body(tree, path)
        return
    dims = _dims(tree)
    if not has_products(tree):
        plot_residents(tree, dims, path)
        return
    # Slices come in two rows.
    height, ratios = (9, [1, 1]) if in_one_row(dims) else (13.5, [1, 2])
    figure = Figure(figsize=(14, height), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=ratios))
    sites = "site" in tree["body"].dims
    left = upper.subplots(1, 3 + sites)
    plot_organs(tree, left[0])
    plot_exchange(tree, left[1])
    plot_balance(tree, left[2])
    if sites:
        plot_sites(tree, left[3])
    plot_tumour(tree, dims, lower)
    figure.suptitle(tree.attrs.get("title", ""))
    save_figure(figure, path)


def plot_residents(tree: xr.DataTree, dims: list[str], path: Path) -> None:
    """Write a figure (PNG) of a tumour's own cells over time, and of its fields."""
    figure = Figure(figsize=(14, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = np.asarray(figure.subfigures(1, 2, width_ratios=[1, 2]))
    plot_burden(tree, left.subplots())
    plot_tumour(tree, dims, right)
    figure.suptitle(tree.attrs.get("title", ""))
    save_figure(figure, path)


def plot_tumours(tree: xr.DataTree, path: Path) -> None:
    """Write a figure (PNG) of organs, of all tumours and of the balance, and of each tumour."""
    names = tumours_of(tree)
    each = {name: one_tumour(tree, name) for name in names}
    heights = [4.5 if in_one_row(_dims(one)) else 9.0 for one in each.values()]
    figure = Figure(figsize=(14, 4.5 + sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = np.asarray(figure.subfigures(1 + len(names), 1, height_ratios=[4.5, *heights]))
    sites = "site" in tree["body"].dims
    upper = rows[0].subplots(1, 3 + sites)
    plot_organs(tree, upper[0])
    plot_in_tumours(tree, upper[1])
    plot_balance(tree, upper[2])
    if sites:
        plot_sites(tree, upper[3])
    for place, (name, one) in zip(rows[1:], each.items(), strict=True):
        plot_tumour(one, _dims(one), place)
        place.suptitle(name.replace("_", " "))
    figure.suptitle(tree.attrs.get("title", ""))
    save_figure(figure, path)


def _dims(tree: xr.DataTree) -> list[str]:
    spatial = tree["tumour"].to_dataset()
    return [str(d) for d in spatial[first_field(tree)].dims if d != "time"]


def plot_body(tree: xr.DataTree, path: Path) -> None:
    """Write a figure (PNG) of organs, of the sites of kinetics if any, and of the balance."""
    sites = "site" in tree["body"].dims
    figure = Figure(figsize=(14 if sites else 9.5, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2 + sites)
    plot_organs(tree, panels[0])
    if sites:
        plot_sites(tree, panels[1])
    plot_balance(tree, panels[-1])
    figure.suptitle(tree.attrs.get("title", ""))
    save_figure(figure, path)


def plot_simulated(tree: xr.DataTree, path: Path) -> None:
    """Write a figure (PNG) of the species of each unit, and of the balance, over time."""
    species = tree["species"].to_dataset()
    units = list(dict.fromkeys(shown_unit(v) for v in _densities(species)))
    balanced = "balance" in tree.children
    figure = Figure(figsize=(5.0 * (len(units) + balanced), 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(np.asarray(figure.subplots(1, len(units) + balanced)))
    for axes, unit in zip(panels, units, strict=False):
        shown = [v for v in _densities(species) if shown_unit(v) == unit]
        for values, colour in zip(shown, colours(len(shown)), strict=True):
            axes.plot(values["time"].values, values.values, color=colour, label=values.name)
        finish_linear(axes, "Species", shown_unit(shown[0]) if unit != "1" else "relative amount")
    if balanced:
        balance = tree["balance"].to_dataset()
        names = ["infused", "born", "died", "present"]
        for name, colour in zip(names, colours(len(names)), strict=True):
            values = balance[name].sum("phenotype")
            panels[-1].plot(values["time"].values, values.values, color=colour, label=name)
        worst = float(balance["relative_residual"].max())
        finish_linear(
            panels[-1],
            f"Balance (largest relative residual {worst:.1g})",
            shown_unit(balance["present"]),
        )
    figure.suptitle(tree.attrs.get("title", ""), fontsize=10)
    save_figure(figure, path)


def _densities(species: xr.Dataset) -> list[xr.DataArray]:
    return [v for n, v in species.data_vars.items() if not str(n).endswith("_total")]
