"""Figures of what is in a tumour: maps over depth and time, or slices through the thickest part."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import SubFigure

from cartflow.results.figures.panels import shown_unit


def plot_tumour(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    """Draw the fields over depth, or where there is more than one dimension in slices."""
    if len(dims) == 1:
        _depth_time_maps(tree, dims[0], place)
    else:
        _slices(tree, dims, place)


def first_product(tree: xr.DataTree) -> str:
    """Return the name of the first product phenotype."""
    return str(tree["tumour"].to_dataset()["phenotype"].values[0])


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
            tumour["time"].values,
            depth,
            values,
            cmap="cividis",
            norm=_norm(values),
            shading="nearest",
        )
        unit = shown_unit(field)
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
    name = first_product(tree)
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
        axes.set_aspect("equal" if shown_unit(tumour[across]) == "mm" else "auto")
        axes.set_xlabel(f"{across} ({shown_unit(tumour[across])})")
        axes.set_ylabel(f"{vertical} ({shown_unit(tumour[vertical])})")
        where = ", ".join(f"{d} = {float(tumour[d][i]):.4g}" for d, i in fixed.items())
        axes.set_title(
            f"day {float(balance['time'][when]):.3g}" + (f", {where}" if where else ""), fontsize=10
        )
    label = f"{_name(last)} ({shown_unit(last)})"
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
