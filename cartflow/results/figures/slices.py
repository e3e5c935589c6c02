"""Slices through a tumour: where product cells are at their most, and the tumour's own cells."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import SubFigure

from cartflow.core.ticks import TUMOUR_COLOUR
from cartflow.results.drawable import has_products
from cartflow.results.figures.outlines import outline
from cartflow.results.figures.panels import shown_name, shown_unit


def plot_slices(tree: xr.DataTree, dims: list[str], place: SubFigure) -> None:
    """Draw cells in slices through the thickest part, product cells above the tumour's own.

    Product cells on the day when there are most of them, in every plane (of a plane: that day and
    the last); below, the first resident cells on the first day, that day and the last. Without
    product cells the tumour's first field on the first day and the last.
    """
    tumour = tree["tumour"].to_dataset()
    last = tumour.sizes["time"] - 1
    pairs = [(a, b) for i, a in enumerate(dims) for b in dims[i + 1 :]]
    if not has_products(tree):
        days = sorted({0, last})
        _row(tumour, first_field(tree), [(day, pairs[-1]) for day in days], place)
        return
    name, resident = first_field(tree), first_resident(tumour)
    peak = int(np.argmax(tree["balance"].to_dataset()["in_tumour"].sel(phenotype=name).values))
    cuts = [(peak, pair) for pair in pairs]
    if len(pairs) == 1 and last != peak:
        cuts.append((last, pairs[0]))
    if resident is None:
        _row(tumour, name, cuts, place)
        return
    upper, lower = np.asarray(place.subfigures(2, 1))
    _row(tumour, name, cuts, upper)
    _row(tumour, resident, [(day, pairs[-1]) for day in sorted({0, peak, last})], lower)


def first_field(tree: xr.DataTree) -> str:
    """Return the name of the first product phenotype, or of the first field where there is none."""
    tumour = tree["tumour"].to_dataset()
    if has_products(tree):
        return str(tumour["phenotype"].values[0])
    return next(str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs)


def first_resident(tumour: xr.Dataset) -> str | None:
    """Return the name of the first field of resident cells, if there is one."""
    names = (str(n) for n, v in tumour.data_vars.items() if v.attrs.get("role") == "resident")
    return next((n for n in names if tumour[n].attrs.get("units", "mm-3") == "mm-3"), None)


def scale(values: np.ndarray) -> Normalize:
    """Return a logarithmic scale where values span more than two decades, else a linear one."""
    positive = values[np.isfinite(values) & (values > 0)]
    if positive.size == 0:
        return Normalize(0.0, 1.0)
    high = float(positive.max())
    low = max(float(positive.min()), high * 1e-4)
    return LogNorm(low, high) if high > 100.0 * low else Normalize(0.0, high)


def _row(
    tumour: xr.Dataset, name: str, cuts: list[tuple[int, tuple[str, str]]], place: SubFigure
) -> None:
    """Draw a field at some times, each in one plane, with one scale."""
    field, index = tumour[name], thickest(tumour["cell_volume"])
    norm = scale(field.isel(time=sorted({day for day, _ in cuts})).values)
    panels = np.atleast_1d(place.subplots(1, len(cuts)))
    for axes, (day, plane) in zip(panels, cuts, strict=True):
        fixed = {str(d): index[str(d)] for d in tumour["cell_volume"].dims if d not in plane}
        mesh = draw_cut(axes, tumour, field.isel(time=day).isel(fixed), plane, norm)
        axes.set_title(cut_title(tumour, day, fixed), fontsize=10)
    label = f"{shown_name(field)} ({shown_unit(field)})"
    panels[0].figure.colorbar(mesh, ax=list(panels), label=label)


def cut_title(tumour: xr.Dataset, day: int, fixed: dict[str, int]) -> str:
    """Return the time and place of a cut."""
    where = place_words(tumour, fixed)
    time = f"day {float(tumour['time'][day]):.3g}"
    return f"{time}, {where}" if where else time


def place_words(tumour: xr.Dataset, fixed: dict[str, int]) -> str:
    """Return where a cut is; '' for a plane."""
    return ", ".join(f"{d} = {float(tumour[d][i]):.4g}" for d, i in fixed.items())


def draw_cut(
    axes: Axes, tumour: xr.Dataset, field: xr.DataArray, plane: tuple[str, str], norm: Normalize
) -> QuadMesh:
    """Draw one plane with the outlines of its regions.

    Outside the tumour nothing is drawn, and nothing below the scale is dark.
    """
    vertical, across = plane
    values = field.transpose(vertical, across).values
    floor = norm.vmin if isinstance(norm, LogNorm) else None
    shown = values if floor is None else np.where(values < floor, floor, values)
    places = [np.asarray(tumour[d].values, dtype=float) for d in (across, vertical)]
    mesh = axes.pcolormesh(*places, shown, cmap="cividis", norm=norm)
    _outlines(axes, tumour, field, plane, places)
    axes.set_aspect("equal" if shown_unit(tumour[across]) == "mm" else "auto")
    axes.set_xlabel(f"{across} ({shown_unit(tumour[across])})")
    axes.set_ylabel(f"{vertical} ({shown_unit(tumour[vertical])})")
    return mesh


def _outlines(
    axes: Axes,
    tumour: xr.Dataset,
    field: xr.DataArray,
    plane: tuple[str, str],
    places: list[np.ndarray],
) -> None:
    """Draw the tumour's edge black, its regions white, and where cells enter dashed."""
    volume = tumour["cell_volume"]
    fixed = {
        str(d): int(np.flatnonzero(tumour[d].values == field[d].values)[0])
        for d in volume.dims
        if d not in plane
    }
    inside = np.isfinite(volume.isel(fixed).transpose(*plane).values)
    for name, colour, style in _regions(tumour):
        grid = tumour[name].isel(fixed).transpose(*plane).values > 0
        if grid.any() and not (grid | ~inside).all():
            axes.add_collection(outline(grid, places, colour, style))
    if not inside.all():
        axes.add_collection(outline(inside, places, "black", "solid"))


def _regions(tumour: xr.Dataset) -> list[tuple[str, str, str]]:
    """Return the variables of regions, each with colour and style of its outline."""
    names = [str(n) for n in tumour.data_vars if str(n).startswith("region_")]
    return [
        (n, TUMOUR_COLOUR, "dashed") if n == "region_perfused" else (n, "white", "solid")
        for n in names
        if n not in {"region_all", "region_rim", "region_core"}
    ]


def thickest(volume: xr.DataArray) -> dict[str, int]:
    """Return along each dimension the index of the slice that holds most of the volume."""
    index = {}
    for d in volume.dims:
        filled = volume.fillna(0.0).sum([x for x in volume.dims if x != d]).values
        # Of slices that hold the same, the middle one.
        thickest = np.flatnonzero(filled >= filled.max() * (1.0 - 1e-9))
        index[str(d)] = int(thickest[len(thickest) // 2])
    return index
