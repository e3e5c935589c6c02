"""A view of a tumour of voxels from outside, in three dimensions; it takes pyvista."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm

from cartflow.core.outcome import InputError, require_known
from cartflow.core.saving.whole import write_whole
from cartflow.core.ticks import TUMOUR_COLOUR
from cartflow.results.figures.asked.panel import require_tumour
from cartflow.results.figures.field import saved_at
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.figures.slices import first_field, scale
from cartflow.results.figures.tumour import fields_of

_SIZE = (1400, 1100)


def plot_solid(
    tree: xr.DataTree, path: Path, *, field: str | None = None, day: float | None = None
) -> None:
    """Write a PNG of the tumour's surface, cut open at the middle of y to show a field.

    By default the first product on the last day; single cells are points. Raises `InputError` for
    a tumour that is no box or mask of three dimensions, and where pyvista is not installed.
    """
    require_tumour(tree, "a view in three dimensions")
    tumour = tree["tumour"].to_dataset()
    dims = [str(dim) for dim in tumour["cell_volume"].dims]
    if len(dims) != 3:
        msg = f"a view in three dimensions: the tumour is along {' and '.join(dims)} alone"
        raise InputError(msg)
    name = field or first_field(tree)
    require_known(name, fields_of(tumour), "field")
    time = saved_at(tumour, day)
    with _plotter() as plotter:
        grid = _grid(tumour, dims)
        _add_surface(plotter, grid)
        _add_field(plotter, grid, tumour[name].isel(time=time).transpose(*dims))
        if "cells" in tree.children:
            _add_cells(plotter, tree["cells"].to_dataset(), time)
        title = str(tree.attrs.get("title", ""))
        plotter.add_text(f"{title}\nday {float(tumour['time'][time]):.3g}", font_size=10)
        plotter.show_grid(xtitle="x (mm)", ytitle="y (mm)", ztitle="z (mm)", color="grey")
        plotter.view_vector((0.5, -1.0, 0.45), viewup=(0.0, 0.0, 1.0))
        plotter.camera.zoom(0.85)
        _save(plotter, path)


@contextmanager
def _plotter() -> Iterator[Any]:
    try:
        import pyvista
        from vtkmodules.vtkCommonCore import vtkLogger
    except ImportError:
        msg = "a view in three dimensions takes pyvista: pip install cartflow[view3d]"
        raise InputError(msg) from None
    # It says on every machine without a screen that it has none.
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    plotter: Any = pyvista.Plotter(off_screen=True, window_size=list(_SIZE))
    plotter.set_background("white")
    try:
        yield plotter
    finally:
        plotter.close()


def _save(plotter: Any, path: Path) -> None:
    # pyvista tells the format by the ending, which a draft has not.
    with TemporaryDirectory() as folder:
        made = Path(folder) / "view.png"
        plotter.screenshot(str(made))
        write_whole(path, lambda draft: _copy(made, draft))


def _copy(made: Path, draft: Path) -> None:
    draft.write_bytes(made.read_bytes())


def _grid(tumour: xr.Dataset, dims: list[str]) -> Any:
    """Return the voxels in mm, with 1 inside and 0 outside as ``inside``."""
    import pyvista

    sizes = [tumour.sizes[dim] for dim in reversed(dims)]
    oblique = dims == ["k", "j", "i"]
    places = [tumour[dim].values.astype(float) for dim in reversed(dims)]
    spacing = [1.0 if oblique or p.size < 2 else float(p[1] - p[0]) for p in places]
    origin = [float(p[0]) - 0.5 * s for p, s in zip(places, spacing, strict=True)]
    grid = pyvista.ImageData(dimensions=[n + 1 for n in sizes], spacing=spacing, origin=origin)
    grid.cell_data["inside"] = np.isfinite(tumour["cell_volume"].values).ravel().astype(float)
    if oblique and "affine" in tumour:
        return grid.cast_to_structured_grid().transform(tumour["affine"].values, inplace=False)
    return grid


def _add_surface(plotter: Any, grid: Any) -> None:
    surface = grid.threshold(0.5, scalars="inside").extract_surface(algorithm=None)
    plotter.add_mesh(surface, color="lightgrey", opacity=0.06)


def _add_field(plotter: Any, grid: Any, values: xr.DataArray) -> None:
    """Draw the half behind the middle of y, opaque, in the colours of the field."""
    flat = np.nan_to_num(values.values.astype(float)).ravel()
    norm = scale(flat)
    grid.cell_data["value"] = flat
    inside = grid.threshold(0.5, scalars="inside")
    half = inside.clip(normal=(0.0, -1.0, 0.0), origin=inside.center, crinkle=True)
    bar = {"title": f"{shown_name(values)} ({shown_unit(values)})", "vertical": True}
    style = {"color": "black", "fmt": "%.2g", "position_x": 0.86, "position_y": 0.2, "height": 0.6}
    plotter.add_mesh(
        half,
        scalars="value",
        cmap="cividis",
        # Shades of light would be other colours than those of the scale.
        lighting=False,
        clim=[float(norm.vmin or 0.0), float(norm.vmax or 1.0)],
        log_scale=isinstance(norm, LogNorm),
        scalar_bar_args=bar | style,
    )


def _add_cells(plotter: Any, cells: xr.Dataset, time: int) -> None:
    if not {"x", "y", "z"} <= set(cells.variables):
        return
    first = np.append(cells["first_row"].values, cells.sizes["observation"]).astype(int)
    rows = slice(first[time], first[time + 1])
    places = np.stack([cells[axis].values[rows] for axis in ("x", "y", "z")], axis=1)
    if len(places):
        plotter.add_points(places, color=TUMOUR_COLOUR, point_size=4)
