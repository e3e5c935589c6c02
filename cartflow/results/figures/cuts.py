"""Cuts through the cells of a mesh file: each cell where it is, in the colour of its value."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import SubFigure

from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.cell_kinds import KINDS
from cartflow.results.drawable import has_products
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import first_field, first_resident, scale
from cartflow.results.ugrid import Cells, ugrid_cells

Array = np.ndarray
# The axis across each plane, and the axes within it.
_PLANES = {2: (0, 1), 1: (0, 2), 0: (1, 2)}


def plot_cuts(tree: xr.DataTree, place: SubFigure) -> None:
    """Draw cells on planes through the tumour's middle, product cells above the tumour's own.

    Product cells on the day when there are most of them; below, the first resident cells on
    the first day, that day and the last. Without product cells the tumour's first field on the
    first day and the last. A plane mesh is drawn as it is.
    """
    tumour = tree["tumour"].to_dataset()
    mesh = ugrid_cells(tumour)
    assert mesh is not None
    name, resident = first_field(tree), first_resident(tumour)
    last, middle = tumour.sizes["time"] - 1, _middle(tumour, mesh)
    if not has_products(tree):
        _row(tumour[name], mesh, middle, [(day, 2) for day in sorted({0, last})], place)
        return
    peak = int(np.argmax(tree["balance"].to_dataset()["in_tumour"].sel(phenotype=name).values))
    days, across = sorted({0, peak, last}), list(_PLANES) if mesh.dimension == 3 else [2]
    rows = [(name, [(peak, axis) for axis in across])]
    if resident is not None:
        rows.append((resident, [(day, 2) for day in days]))
    parts = np.atleast_1d(np.asarray(place.subfigures(len(rows), 1)))
    for part, (field, cuts) in zip(parts, rows, strict=True):
        _row(tumour[field], mesh, middle, cuts, part)


def plot_section(
    tumour: xr.Dataset, name: str, axes: Axes, time: int, cut: tuple[str, float] | None
) -> None:
    """Draw a field at a saved time where a plane cuts the cells of a mesh file.

    `cut` names the axis across it and the place on it, mm; without it z in the middle. Raises
    `InputError` for an axis that there is not, and where no cell is.
    """
    mesh = ugrid_cells(tumour)
    assert mesh is not None
    axis = "z" if cut is None else cut[0]
    require_known(axis, ("x", "y", "z"), "cut")
    across = "xyz".index(axis)
    height = float(_middle(tumour, mesh)[across] if cut is None else cut[1])
    values = tumour[name].isel(time=time).values
    if not sections(mesh, across, height)[0].size:
        msg = f"cut: {axis} = {height:g} mm meets no cell"
        raise InputError(msg)
    drawn = _cut(axes, mesh, values, across, height, scale(values))
    axes.set_title(f"{shown_name(tumour[name])}, {_where(tumour, mesh, time, across, height)}")
    axes.figure.colorbar(drawn, ax=axes, label=f"{name} ({shown_unit(tumour[name])})")


def _middle(tumour: xr.Dataset, mesh: Cells) -> Array:
    """Return the middle of the tumour to a thousandth of its extent, so that a title can say it."""
    middle = np.average(mesh.centres, axis=0, weights=tumour["cell_volume"].values)
    digits = int(np.ceil(-np.log10(1e-3 * np.ptp(mesh.vertices))))
    return np.asarray(np.round(middle, digits) + 0.0)


def _where(
    tumour: xr.Dataset | xr.DataArray, mesh: Cells, day: int, across: int, height: float
) -> str:
    where = f", {'xyz'[across]} = {height:.4g}" if mesh.dimension == 3 else ""
    return f"day {float(tumour['time'][day]):.3g}{where}"


def _row(
    field: xr.DataArray,
    mesh: Cells,
    middle: Array,
    cuts: list[tuple[int, int]],
    place: SubFigure,
) -> None:
    """Draw a field at some times, each on one plane, with one scale."""
    norm = scale(field.isel(time=sorted({day for day, _ in cuts})).values)
    panels = np.atleast_1d(np.asarray(place.subplots(1, len(cuts))))
    for axes, (day, across) in zip(panels, cuts, strict=True):
        drawn = _cut(axes, mesh, field.isel(time=day).values, across, middle[across], norm)
        axes.set_title(_where(field, mesh, day, across, middle[across]), fontsize=10)
    label = f"{shown_name(field)} ({shown_unit(field)})"
    panels[0].figure.colorbar(drawn, ax=list(panels), label=label)


def _cut(
    axes: Axes, mesh: Cells, values: Array, across: int, height: float, norm: Normalize
) -> PolyCollection:
    """Draw the cells that a plane meets; nothing below the scale is its darkest."""
    within = _PLANES[across]
    cells, polygons = sections(mesh, across, height)
    floor = norm.vmin if isinstance(norm, LogNorm) else None
    shown = values[cells] if floor is None else np.maximum(values[cells], floor)
    drawn = PolyCollection(
        [p[:, within] for p in polygons], array=shown, cmap="cividis", norm=norm, edgecolors="face"
    )
    drawn.set_linewidth(0.2)
    axes.add_collection(drawn)
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.set_xlabel(f"{'xyz'[within[0]]} (mm)")
    axes.set_ylabel(f"{'xyz'[within[1]]} (mm)")
    return drawn


def sections(mesh: Cells, across: int, height: float) -> tuple[Array, list[Array]]:
    """Return the cells that the plane where the axis `across` is `height` meets, and where.

    Each is a polygon (corners, 3), mm. Of a plane mesh they are all cells as they are.
    """
    if mesh.dimension == 2:
        held = (row[row >= 0] for row in mesh.cells)
        return np.arange(len(mesh.cells)), [mesh.vertices[row] for row in held]
    above = mesh.vertices[:, across] - height
    # What lies in the plane but for rounding lies just above it, so that no cell is met twice.
    just = 1e-9 * np.abs(above).max()
    above = np.where(np.abs(above) < just, just, above)
    sides = np.where(mesh.cells >= 0, np.sign(above[mesh.cells]), np.nan)
    cells = np.flatnonzero(np.nanmin(sides, axis=1) < np.nanmax(sides, axis=1))
    return cells, [_section(mesh, int(cell), above, _PLANES[across]) for cell in cells]


def _section(mesh: Cells, cell: int, above: Array, within: tuple[int, int]) -> Array:
    """Return the corners of one cell's section, in the order around its middle."""
    kind = KINDS[int(mesh.kinds[cell])]
    pairs = {tuple(sorted((f[i - 1], f[i]))) for f in kind.faces for i in range(len(f))}
    ends = mesh.cells[cell][np.array(sorted(pairs))]
    low, high = above[ends].T
    crossed = low * high < 0.0
    low, high = low[crossed], high[crossed]
    share = (low / (low - high))[:, None]
    a, b = mesh.vertices[ends[crossed].T]
    corners = (1.0 - share) * a + share * b
    x, y = (corners - corners.mean(axis=0))[:, within].T
    return np.asarray(corners[np.argsort(np.arctan2(y, x))])
