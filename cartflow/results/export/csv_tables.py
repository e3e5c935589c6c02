"""A result as tables: a row for each mesh cell and time, and a row for each number of a course."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.results.export.places import Places, at_time, fields_of

_MOST_ROWS = 20_000_000
_COURSES = ("body", "exchange", "balance", "tumour", "summary")


def export_fields(tumour: xr.Dataset, places: Places, times: list[int], path: Path) -> None:
    """Write time, place, volume, depth and every field of each mesh cell, with units in brackets.

    Raises `InputError` where that would be more than 20 million rows.
    """
    import pandas as pd

    count = int(places.active.sum()) * len(times)
    if count > _MOST_ROWS:
        msg = f"fields.csv would have {count} rows; give --time, or take vtk or nifti"
        raise InputError(msg)
    names = ("x", "y", "z") if places.in_space else places.dims
    for number, place in enumerate(times):
        shot, here = at_time(tumour, places, place)
        centres = here.centres()
        columns = {"time [day]": np.full(len(centres), float(shot["time"]))}
        columns |= {f"{name} [mm]": centres[:, axis] for axis, name in enumerate(names)}
        for name in ("cell_volume", "depth"):
            columns[_titled(shot[name])] = shot[name].values[places.active]
        for name in fields_of(tumour):
            columns[_titled(shot[name])] = shot[name].transpose(*places.dims).values[places.active]
        table = pd.DataFrame(columns)
        table.to_csv(path, index=False, mode="a" if number else "w", header=not number)


def export_courses(tree: xr.DataTree, path: Path) -> None:
    """Write every number that a result holds over time and not over the mesh, one a row."""
    import pandas as pd

    parts = []
    for group in _COURSES:
        if group not in tree.children:
            continue
        dataset = tree[group].to_dataset()
        for name, values in dataset.data_vars.items():
            if "time" in values.dims and "role" not in values.attrs:
                parts.append(_rows(group, str(name), values))
    table = pd.concat(parts, ignore_index=True)
    first = ["group", "quantity", "units", "time"]
    table[[*first, *(c for c in table.columns if c not in {*first, "value"}), "value"]].to_csv(
        path, index=False
    )


def _rows(group: str, name: str, values: xr.DataArray) -> Any:
    table = values.rename("value").to_dataframe().reset_index()
    kept = [*map(str, values.dims), "value"]
    return (
        table[kept]
        .dropna(subset=["value"])
        .assign(group=group, quantity=name, units=str(values.attrs.get("units", "")))
    )


def _titled(values: xr.DataArray) -> str:
    return f"{values.name} [{values.attrs.get('units', '1')}]"
