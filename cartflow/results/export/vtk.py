"""The tumour of a result as files for ParaView: one a saved time, and the list of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.results.export.places import Places, at_time, fields_of, static_of
from cartflow.results.export.vtk_xml import (
    write_hexahedra,
    write_image,
    write_mesh,
    write_row,
    write_series,
)

Array = np.ndarray


def export_vtk(
    tumour: xr.Dataset, places: Places, times: list[int], folder: Path, *, unstructured: bool
) -> None:
    """Write a file for each of `times`, and ``tumour.pvd``, into `folder`.

    Grids are images (``.vti``), with nan where no tissue is, or if `unstructured` the cells alone
    (``.vtu``); unstructured meshes are cells (``.vtu``), cells in a row points on a line.
    """
    ending = "vti" if places.affine is not None and not unstructured else "vtu"
    width = len(str(max(times)))
    series = []
    for place in times:
        time = float(tumour["time"].values[place])
        name = f"tumour_{place:0{width}d}.{ending}"
        _write(folder / name, tumour, places, place, time, unstructured)
        series.append((time, name))
    write_series(folder / "tumour.pvd", series)


def _write(
    path: Path, tumour: xr.Dataset, places: Places, place: int, time: float, unstructured: bool
) -> None:
    now, places = at_time(tumour, places, place)
    fields = {n: now[n].transpose(*places.dims) for n in fields_of(now)}
    fields |= {n: now[n] for n in static_of(tumour, places)}
    grids = {name: _plain(values.values) for name, values in fields.items()}
    if places.mesh is not None:
        mesh = places.mesh
        write_mesh(path, mesh.vertices, mesh.ordered, mesh.kinds, grids, time)
    elif places.affine is None:
        write_row(path, places.centres(), grids, time)
    elif unstructured:
        active = places.active.reshape(places.shape[::-1])
        cells = {name: grid[places.active] for name, grid in grids.items()}
        write_hexahedra(path, places.affine, active, cells, time)
    else:
        write_image(path, places.affine, places.shape, grids, time)


def _plain(values: Array) -> Array:
    return values if values.dtype == np.int8 else np.asarray(values, dtype=float)
