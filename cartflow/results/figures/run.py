"""Figures of a result: organs over time, the tumour, the balance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure, SubFigure

from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import TUMOUR_COLOUR, colours, log_limits

_HOURS_SHOWN_FROM = 1.0 / 1440.0


def plot_result(tree: xr.DataTree, path: Path) -> None:
    """Write a figure (PNG) of organs, tumour fields, exchange and balance over time.

    Of a kinetics model run alone: of its species and balance.
    """
    if "species" in tree.children:
        plot_simulated(tree, path)
        return
    if "tumour" not in tree.children:
        plot_body(tree, path)
        return
    spatial = tree["tumour"].to_dataset()
    dims = [str(d) for d in spatial[_first_product(tree)].dims if d != "time"]
    figure = Figure(figsize=(14, 9), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = np.asarray(figure.subfigures(2, 1))
    sites = "site" in tree["body"].dims
    left = upper.subplots(1, 3 + sites)
    plot_organs(tree, left[0])
    plot_exchange(tree, left[1])
    plot_balance(tree, left[2])
    if sites:
        plot_sites(tree, left[3])
    _plot_tumour(tree, dims, lower)
    figure.suptitle(tree.attrs.get("title", ""))
    save_figure(figure, path)


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
    units = {"relative amount" if _unit(v) == "1" else _unit(v) for v in courses.values()}
    _finish_linear(axes, "Where kinetics act in organs", ", ".join(sorted(units, reverse=True)))


def plot_simulated(tree: xr.DataTree, path: Path) -> None:
    """Write a figure (PNG) of the species of each unit, and of the balance, over time."""
    species = tree["species"].to_dataset()
    units = list(dict.fromkeys(_unit(v) for v in _densities(species)))
    balanced = "balance" in tree.children
    figure = Figure(figsize=(5.0 * (len(units) + balanced), 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(np.asarray(figure.subplots(1, len(units) + balanced)))
    for axes, unit in zip(panels, units, strict=False):
        shown = [v for v in _densities(species) if _unit(v) == unit]
        for values, colour in zip(shown, colours(len(shown)), strict=True):
            axes.plot(values["time"].values, values.values, color=colour, label=values.name)
        _finish_linear(axes, "Species", _unit(shown[0]) if unit != "1" else "relative amount")
    if balanced:
        balance = tree["balance"].to_dataset()
        names = ["infused", "born", "died", "present"]
        for name, colour in zip(names, colours(len(names)), strict=True):
            values = balance[name].sum("phenotype")
            panels[-1].plot(values["time"].values, values.values, color=colour, label=name)
        worst = float(balance["relative_residual"].max())
        _finish_linear(
            panels[-1],
            f"Balance (largest relative residual {worst:.1g})",
            _unit(balance["present"]),
        )
    figure.suptitle(tree.attrs.get("title", ""), fontsize=10)
    save_figure(figure, path)


def _densities(species: xr.Dataset) -> list[xr.DataArray]:
    return [v for n, v in species.data_vars.items() if not str(n).endswith("_total")]


def _finish_linear(axes: Axes, title: str, unit: str) -> None:
    """Label a panel over linear time; amounts that span decades get a logarithmic axis."""
    drawn = _drawn(axes)
    if drawn.size and drawn.min() >= 0 and drawn.max() > 0:
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(drawn))
    _label(axes, title, unit)


def _drawn(axes: Axes) -> np.ndarray:
    """Return the finite values of all lines."""
    lines = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]
    values = np.concatenate([np.zeros(0), *lines])
    return values[np.isfinite(values)]


def _label(axes: Axes, title: str, unit: str, columns: int = 1) -> None:
    axes.set_xlabel("time (day)")
    axes.set_ylabel(unit)
    axes.set_title(title, fontsize=10)
    if axes.lines:
        axes.legend(fontsize=7, loc="best", framealpha=0.5, ncols=columns)
    axes.grid(alpha=0.3)


def plot_organs(tree: xr.DataTree, axes: Axes, shown: int = 8) -> None:
    """Draw the product cells of the organs that hold most of them, over time."""
    cells = tree["body"].to_dataset()["cells"].sum(["phenotype", "space"])
    largest = cells["organ"].values[np.argsort(-cells.max("time").values)][:shown]
    names = [str(name) for name in largest if name != "tumour"]
    for name, colour in zip(names, colours(len(names)), strict=True):
        _timeline(axes, cells.sel(organ=name), name.replace("_", " "), colour)
    if "tumour" in cells["organ"].values:
        tumour = cells.sel(organ="tumour")
        _timeline(axes, tumour, "tumour and its vessels", TUMOUR_COLOUR, "--", 2.5)
    _finish(axes, "CAR T cells by organ", "cells")


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
        _timeline(axes, values, name, colour)
    _finish(axes, "Exchange with the tumour", "cells")


def plot_balance(tree: xr.DataTree, axes: Axes) -> None:
    """Draw the terms of the balance; the residual is named in the title."""
    dataset = tree["balance"].to_dataset()
    balance = dataset.sum("phenotype")
    names = ["infused", "born", "died", "in_body", "in_tumour"]
    names = names if "tumour" in tree.children else names[:-1]
    for name, colour in zip(names, colours(len(names)), strict=True):
        _timeline(axes, balance[name], name.replace("_", " "), colour)
    turnover = (balance["infused"] + balance["born"]).clip(min=1e-300)
    worst = float((abs(dataset["residual_total"]) / turnover).max())
    title = f"Balance (largest relative residual {worst:.1g})"
    _finish(axes, title, "cells")


def _plot_tumour(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    if len(dims) == 1:
        _depth_time_maps(tree, dims[0], place)
    else:
        _slices(tree, dims, place)


def _depth_time_maps(tree: xr.DataTree, dim: str, place: SubFigure) -> None:
    """Draw each field over time and depth, with the depth that holds 95 % of the cells."""
    tumour = tree["tumour"].to_dataset()
    names = _fields(tree)[:4]
    for axes, name in zip(np.atleast_1d(place.subplots(1, len(names))), names, strict=True):
        field = tumour[name]
        order = np.argsort(tumour["depth"].values)
        depth = tumour["depth"].values[order]
        values = field.transpose(dim, "time").values[order]
        mesh = axes.pcolormesh(
            tree["time"].values,
            depth,
            values,
            cmap="cividis",
            norm=_norm(values),
            shading="nearest",
        )
        unit = _unit(field)
        axes.figure.colorbar(mesh, ax=axes, label=f"{name} ({unit})")
        if field.attrs.get("role") in {"phenotype", "product"}:
            line = tumour["penetration_depth_all"]
            axes.plot(tumour["time"].values, line.values, color="white", lw=1.2, ls="--")
            axes.set_title(f"{_name(field)} (dashed: 95 % above)", fontsize=10)
        else:
            axes.set_title(_name(field), fontsize=10)
        axes.invert_yaxis()
        axes.set_xlabel("time (day)")
        axes.set_ylabel("depth below the rim (mm)")


def _slices(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    """Draw the product cells, when there are most of them, in slices through the thickest part."""
    tumour = tree["tumour"].to_dataset()
    name = _first_product(tree)
    balance = tree["balance"].to_dataset()
    when = int(np.argmax(balance["in_tumour"].sel(phenotype=name).values))
    last = tumour[name].isel(time=when)
    index = _thickest(tumour["cell_volume"])
    pairs = [(a, b) for i, a in enumerate(dims) for b in dims[i + 1 :]]
    norm = _norm(last.values)
    panels = np.atleast_1d(place.subplots(1, len(pairs)))
    for axes, (vertical, across) in zip(panels, pairs, strict=True):
        fixed = {d: index[d] for d in dims if d not in (vertical, across)}
        cut = last.isel(fixed).transpose(vertical, across)
        mesh = axes.pcolormesh(
            _axis(tumour, across), _axis(tumour, vertical), cut.values, cmap="cividis", norm=norm
        )
        axes.set_aspect("equal" if _unit(tumour[across]) == "mm" else "auto")
        axes.set_xlabel(f"{across} ({_unit(tumour[across])})")
        axes.set_ylabel(f"{vertical} ({_unit(tumour[vertical])})")
        where = ", ".join(f"{d} = {float(tumour[d][i]):.4g}" for d, i in fixed.items())
        axes.set_title(
            f"day {float(balance['time'][when]):.3g}" + (f", {where}" if where else ""), fontsize=10
        )
    label = f"{_name(last)} ({_unit(last)})"
    panels[0].figure.colorbar(mesh, ax=list(panels), label=label)


def _axis(tumour: xr.Dataset, name: str) -> np.ndarray:
    return np.asarray(tumour[name].values, dtype=float)


def _thickest(volume: xr.DataArray) -> dict[str, int]:
    """Return along each dimension the index of the slice that holds most of the volume."""
    index = {}
    for d in volume.dims:
        filled = volume.fillna(0.0).sum([x for x in volume.dims if x != d]).values
        # Of slices that hold the same, the middle one.
        thickest = np.flatnonzero(filled >= filled.max() * (1.0 - 1e-9))
        index[str(d)] = int(thickest[len(thickest) // 2])
    return index


def _fields(tree: xr.DataTree) -> list[str]:
    tumour = tree["tumour"].to_dataset()
    return [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs]


def _first_product(tree: xr.DataTree) -> str:
    return str(tree.to_dataset()["phenotype"].values[0])


def _unit(field: xr.DataArray) -> str:
    unit = str(field.attrs.get("units", "unit not stated"))
    return {"mm-3": "cells/mm³", "ng mm-3": "ng/mm³"}.get(unit, unit)


def _name(field: xr.DataArray) -> str:
    return str(field.attrs.get("long_name", field.name))


def _norm(values: np.ndarray) -> Normalize:
    """Return a logarithmic scale where values span more than two decades, else a linear one."""
    positive = values[np.isfinite(values) & (values > 0)]
    if positive.size == 0:
        return Normalize(0.0, 1.0)
    high = float(positive.max())
    low = max(float(positive.min()), high * 1e-4)
    return LogNorm(low, high) if high > 100.0 * low else Normalize(0.0, high)


def _timeline(
    axes: Axes,
    values: xr.DataArray,
    name: str,
    colour: object,
    style: str = "-",
    width: float = 1.5,
) -> None:
    time = values["time"].values
    late = time >= _HOURS_SHOWN_FROM * 0.999
    axes.plot(time[late], values.values[late], style, color=colour, lw=width, label=name)


def _finish(axes: Axes, title: str, unit: str) -> None:
    drawn = _drawn(axes)
    # Where there are no cells at all, a logarithm has nothing to show.
    if np.any(drawn > 0):
        axes.set_yscale("log")
        axes.set_ylim(*log_limits(drawn))
    if drawn.size:
        axes.set_xscale("log")
    _label(axes, title, unit, columns=2)
