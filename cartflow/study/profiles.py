"""Starts that are profiles: values by depth in a CSV file, taken over to the mesh cells' depths."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.core.tables import Table, validate
from cartflow.core.units.conversion import to_internal
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Species
from cartflow.study.courses.columns import read_columns
from cartflow.study.within import inside

Array = np.ndarray


class ProfileTable(Table):
    """A field at the start by depth: `depth` and `value` name columns of the file `profile`.

    `depth_unit` is the column's name unless given, `unit` that of the values.
    """

    profile: str
    depth: str
    depth_unit: str | None = None
    value: str
    unit: str


def is_profile(raw: Any) -> bool:
    """Return whether a start is to be read from a profile."""
    return isinstance(raw, Mapping) and "profile" in raw


def field_of_profile(
    raw: Mapping[str, Any], species: Species, geometry: Geometry, folder: Path, where: str
) -> tuple[Array, str]:
    """Return the start (cells,) that a profile gives, in the unit of `species`, and its words.

    Between rows it goes in a straight line; a mesh cell has the value at the depth of its centre.
    Beyond the first and the last row it stays, for no more than the distance to the next. Raises
    `InputError` beginning with `where`.
    """
    table = validate(ProfileTable, dict(raw), where)
    try:
        path = inside(folder, table.profile, "profile")
        depths, values = _columns(table, path, species.unit)
        _require_profile(depths, values, geometry.depth, str(path))
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
    found = np.interp(geometry.depth, depths, values)
    mean = float(found @ geometry.cell_volumes) / geometry.volume
    spread = f"{found.min():.4g} to {found.max():.4g} {species.unit}"
    return found, f"{path.name}: {spread}, mean {mean:.4g}"


def _columns(table: ProfileTable, path: Path, unit: str) -> tuple[Array, Array]:
    """Return depths (mm) and values in `unit`."""
    found = read_columns(path, [table.depth, table.value])
    own = table.depth_unit or table.depth
    try:
        length = to_internal(f"1 {own}", "mm")
    except InputError as error:
        if table.depth_unit is not None:
            msg = f"depth_unit: {error}"
            raise InputError(msg) from None
        msg = f"key 'depth_unit' is missing; the column '{own}' does not say its unit"
        raise InputError(msg) from None
    try:
        one = parameter(f"1 {table.unit}" if table.unit != "1" else 1, unit).value
    except InputError as error:
        msg = f"unit: {error}"
        raise InputError(msg) from None
    return found[:, 0] * length, found[:, 1] * one


def _require_profile(depths: Array, values: Array, cells: Array, name: str) -> None:
    if len(depths) < 2:
        msg = f"{name}: holds one depth; a profile needs two"
        raise InputError(msg)
    falls = np.flatnonzero(np.diff(depths) <= 0)
    if falls.size:
        one, two = depths[falls[0]], depths[falls[0] + 1]
        msg = f"{name}: its depths do not rise: after {one:.6g} comes {two:.6g} mm"
        raise InputError(msg)
    if values.min() < 0:
        place = int(np.argmin(values))
        msg = f"{name}: its value at {depths[place]:.6g} mm is below 0"
        raise InputError(msg)
    low, high = 2.0 * depths[0] - depths[1], 2.0 * depths[-1] - depths[-2]
    for depth in (float(cells.min()), float(cells.max())):
        if not low <= depth <= high:
            msg = f"{name}: goes from {depths[0]:.6g} to {depths[-1]:.6g} mm, and a mesh cell "
            raise InputError(msg + f"lies {depth:.6g} mm deep")
