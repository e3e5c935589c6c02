"""Trees of plain variables into netCDF files: what xarray would write, by netCDF4 alone.

xarray imports all of dask where it is installed before it writes, for arrays that are none of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from xarray.conventions import encode_dataset_coordinates

Array = np.ndarray
# What is told to netCDF4 as it stands, and what xarray reads before.
_TOLD = frozenset({"zlib", "complevel", "shuffle"})
_READ = frozenset({"_FillValue", "dtype"})
# Attributes by which xarray changes other variables, or other attributes.
_MEANT = frozenset({"_FillValue", "_Encoding", "bounds", "dtype", "calendar"})


@dataclass(frozen=True, kw_only=True)
class PlainVariable:
    """A variable as it stands in the file: `told` is what netCDF4 makes it with."""

    name: str
    dims: tuple[str, ...]
    values: Array
    attrs: Mapping[str, Any]
    told: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PlainGroup:
    """A group by its path in the file."""

    path: str
    attrs: Mapping[str, Any]
    variables: tuple[PlainVariable, ...]


def plain_groups(tree: xr.DataTree) -> list[PlainGroup] | None:
    """Return the groups of `tree` as they stand in a file, or None where one is not plain.

    Plain are floats, integers, truth values and names, with no coding but compression.
    """
    found = []
    for node in tree.subtree:
        # A group alone, as xr.open_dataset(path, group=...) reads it, has its own times.
        variables, attrs = encode_dataset_coordinates(node.to_dataset(inherit=True))
        if not all(map(_is_plain, variables, variables.values())):
            return None
        plain = tuple(_plain(str(name), each) for name, each in variables.items())
        found.append(PlainGroup(path=node.path, attrs=attrs, variables=plain))
    return found


def write_groups(groups: list[PlainGroup], path: Path, mode: Literal["w", "a"] = "w") -> None:
    """Write `groups` as netCDF-4, by `mode` "a" into the file that is there.

    All variables are made before the first is filled: what is made after that has netCDF write
    all that it knows of the file once more, for each variable.
    """
    import netCDF4

    with netCDF4.Dataset(path, mode, format="NETCDF4") as file:
        made = [
            each
            for group in groups
            for each in _made(file if group.path == "/" else file.createGroup(group.path), group)
        ]
        for target, values in made:
            target[...] = values


def _made(place: Any, group: PlainGroup) -> list[tuple[Any, Array]]:
    """Make what `group` holds; return its variables, and what they are to be filled with."""
    for key, value in group.attrs.items():
        _set_attribute(place, key, value)
    for dim, size in _sizes(group):
        if dim not in place.dimensions and size != _above(place.parent, dim):
            place.createDimension(dim, size)
    return [(_made_variable(place, each), each.values) for each in group.variables]


def _made_variable(place: Any, plain: PlainVariable) -> Any:
    made = place.createVariable(plain.name, plain.values.dtype, plain.dims, **plain.told)
    made.setncatts(plain.attrs)
    made.set_auto_maskandscale(False)
    made.set_auto_chartostring(False)
    return made


def _set_attribute(place: Any, key: str, value: Any) -> None:
    if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
        place.setncattr_string(key, value)
    else:
        place.setncattr(key, value)


def _sizes(group: PlainGroup) -> Iterator[tuple[str, int]]:
    for each in group.variables:
        yield from zip(each.dims, each.values.shape, strict=True)


def _above(place: Any, dim: str) -> int | None:
    """Return the size of the nearest dimension of that name in a group or those above it."""
    while place is not None:
        if dim in place.dimensions:
            return len(place.dimensions[dim])
        place = place.parent
    return None


def _is_plain(name: Hashable, variable: xr.Variable) -> bool:
    coded = variable.encoding.keys() - _TOLD - _READ
    filled = variable.encoding.get("_FillValue") is not None
    meant = _MEANT & variable.attrs.keys()
    simple = isinstance(name, str) and "/" not in name and variable.dtype.isnative
    return simple and not coded and not filled and not meant and _is_plain_kind(variable)


def _is_plain_kind(variable: xr.Variable) -> bool:
    asked = variable.encoding.get("dtype")
    if variable.dtype.kind in "fiub":
        return asked is None
    return asked == "S1" and _are_names(variable)


def _are_names(variable: xr.Variable) -> bool:
    if variable.dtype.kind == "U":
        return True
    return variable.dtype.kind == "O" and all(type(v) is str for v in variable.values.flat)


def _plain(name: str, variable: xr.Variable) -> PlainVariable:
    told = {"zlib": False, "complevel": 4, "shuffle": True}
    told |= {key: variable.encoding[key] for key in _TOLD & variable.encoding.keys()}
    dims, attrs = tuple(map(str, variable.dims)), dict(variable.attrs)
    values, kind = np.asarray(variable.values), variable.dtype.kind
    if kind in "OU" and not values.size:
        # Of what kind no names are cannot be told, and xarray takes floats.
        values, kind = values.astype(float), ""
    if kind in "OU" and kind:
        values, attrs = _characters(values), {**attrs, "_Encoding": "utf-8"}
        dims = (*dims, f"string{values.shape[-1]}")
    if kind == "b":
        values, attrs = values.astype("i1"), {**attrs, "dtype": "bool"}
    if kind == "f" and "_FillValue" not in variable.encoding:
        told["fill_value"] = values.dtype.type(np.nan)
    return PlainVariable(name=name, dims=dims, values=values, attrs=attrs, told=told)


def _characters(names: Array) -> Array:
    """Return an array of names as one of their bytes, with a last axis as long as the longest."""
    coded = np.array([str(name).encode() for name in names.flat], dtype=bytes).reshape(names.shape)
    return coded.reshape((*coded.shape, 1)).view("S1")
