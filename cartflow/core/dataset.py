"""Datasets: variables with units and names, the parameter group, and files written whole."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from xarray.backends import NetCDF4DataStore

from cartflow.core.large.beside import ATTRIBUTE, CHECKPOINT, Beside, attached
from cartflow.core.large.lazy import (
    LOCK,
    TimeByTime,
    in_file,
    is_large,
    is_large_file,
    lazy_variable,
)
from cartflow.core.large.writing import write_tree
from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.core.paths import kind_of
from cartflow.core.saving.whole import require_room, write_whole
from cartflow.core.units.conversion import factor
from cartflow.core.units.udunits import cf_unit, unit_words

Array = np.ndarray
# Of every run; a tumour adds tumour and exchange.
GROUPS = ("body", "balance", "parameters")
# Of a kinetics model run alone.
SIMULATED = ("species", "parameters")
# Deflate makes nothing smaller than by this factor.
_MOST_COMPRESSED = 1032
_SMALLEST = 100
_HEAD = 1000  # bytes that a variable takes in a file beside its values, at most
# Variable-length strings are known to few readers, and HDF5 2.2.0 may stumble over them.
_CHARACTERS = {"dtype": "S1"}
# Where the mesh cells of a tumour that grows are, over time.
POSITION = "position"


def grows(tumour: xr.Dataset | xr.DataTree) -> bool:
    """Return whether the tumour of a group of a result has grown."""
    place = tumour.variables.get(POSITION)
    return place is not None and "role" not in place.attrs


def variable(
    dims: tuple[str, ...], values: Any, unit: str, long_name: str, **attributes: str
) -> xr.Variable:
    """Return a variable of `values` in internal units, told as UDUNITS reads them.

    Raises `ValueError` where `unit` is not the internal one of its dimension (see `as_stated`).
    """
    if factor(unit) != 1:
        msg = f"{long_name}: values in {unit} are not in internal units"
        raise ValueError(msg)
    attrs = {"units": cf_unit(unit), "long_name": long_name, **attributes}
    return plain(dims, np.asarray(values), attrs)


def as_stated(dims: tuple[str, ...], values: Any, unit: str, long_name: str) -> xr.Variable:
    """Return a variable of `values` in `unit`, whichever that is, as UDUNITS reads it."""
    return plain(dims, np.asarray(values), {"units": unit_words(unit), "long_name": long_name})


def label(dims: tuple[str, ...], values: list[str], long_name: str) -> xr.Variable:
    """Return a coordinate of names."""
    names = np.array(values, dtype=object)
    made = plain(dims, names, {"long_name": long_name}, dict(_CHARACTERS))
    return coordinate(made) if len(dims) == 1 else made


def coordinate(item: xr.Variable) -> xr.Variable:
    """Return a variable along one dimension as an index.

    To make one of an array, xarray imports dask and pint where they are installed.
    """
    index: Any = xr.IndexVariable
    found: xr.Variable = index(
        item.dims, pd.Index(item.values, dtype=item.dtype), item.attrs, item.encoding
    )
    return found


def plain(
    dims: tuple[str, ...],
    values: Array,
    attrs: Mapping[str, Any],
    encoding: Mapping[str, Any] | None = None,
) -> xr.Variable:
    """Return a variable of an array that is taken as it is, without a search for dates in it."""
    return xr.Variable(dims, values, attrs, encoding, fastpath=True)


def identifier(key: str) -> str:
    """Return `key` in letters, digits and underscores, as CF wants a name."""
    return re.sub(r"\W+", "_", key).strip("_")


def parameter_group(parameters: Mapping[str, Parameter]) -> xr.Dataset:
    """Return one scalar variable a parameter, with unit, source, standing and the text stated."""
    variables = {}
    for key, p in sorted(parameters.items()):
        attrs: dict[str, str | float] = {
            "units": cf_unit(p.unit),
            "long_name": key,
            "source": p.source,
            "standing": p.standing,
            "stated": p.stated,
        }
        if "cell" in p.unit:
            attrs["unit_with_cells"] = p.unit
        if p.sign == "any":
            attrs["sign"] = p.sign
        if p.note:
            attrs["note"] = p.note
        if p.bounds is not None:
            attrs["range_low"], attrs["range_high"] = p.bounds
        variables[identifier(key)] = plain((), np.asarray(p.value), attrs)
    return xr.Dataset(variables)


def without_fill(dataset: xr.Dataset) -> xr.Dataset:
    """Return `dataset` with no ``_FillValue`` on coordinates, which CF forbids."""
    for name, item in dataset.variables.items():
        if name in dataset.coords or item.dtype.kind != "f":
            item.encoding["_FillValue"] = None
    return dataset


def netcdf(tree: xr.DataTree, begun: Path | None = None) -> Callable[[Path], None]:
    """Return what writes `tree` as netCDF-4 to a path.

    A file `begun` beside it, in which large variables of `tree` stand, becomes the file.
    """

    def draft(path: Path) -> None:
        datasets = [node.to_dataset(inherit=False) for node in tree.subtree]
        heads = sum(len(dataset.variables) for dataset in datasets)
        there = 0 if begun is None else begun.stat().st_size
        size = sum(dataset.nbytes for dataset in datasets) - there
        require_room(path, max(size, 0) + _HEAD * (heads + 50))
        write_tree(tree, path, begun)

    return draft


def write(tree: xr.DataTree, path: Path) -> None:
    """Write `tree` as netCDF-4; the file appears whole or not at all. Raises `InputError`."""
    write_whole(path, netcdf(tree))


def read(path: Path) -> xr.DataTree:
    """Return the result in the file at `path`; raise `InputError` if there is none."""
    tree = read_tree(path)
    require_result(tree, path)
    return tree


def read_tree(path: Path) -> xr.DataTree:
    """Return everything in the netCDF file at `path`, which is closed; raise `InputError`.

    What is large over time in a large file is read when it is asked for. Where the run goes on,
    that stands beside the file.
    """
    tree = _read_tree(path)
    if "tumour" in tree.children and ATTRIBUTE in tree["tumour"].attrs:
        times = np.asarray(tree["time"].values, dtype=float).tolist()
        tree["tumour"] = xr.DataTree(attached(tree["tumour"].to_dataset(), times, path))
        if (mark := Beside(path).folder / CHECKPOINT).is_file():
            try:
                tree["checkpoint"] = _read_tree(mark)
            except InputError:
                if mark.is_file():
                    raise
                # The run has ended meanwhile: its file was made anew before the mark was removed.
                return read_tree(path)
    return tree


def _read_tree(path: Path) -> xr.DataTree:
    try:
        if kind_of(path) == "file" and path.stat().st_size < _SMALLEST:
            msg = f"{path}: not a result of cartflow (it is too small)"
            raise InputError(msg)
        if kind_of(path) in ("folder", "device"):
            msg = f"{path}: not a result of cartflow (it is no file)"
            raise InputError(msg)
        return _read_all(path)
    except FileNotFoundError:
        msg = f"{path}: there is no such file"
        raise InputError(msg) from None
    except InputError:
        raise
    # The libraries raise whatever a damaged file makes them stumble over.
    except Exception as error:
        # What comes after the first line is the whole dataset.
        reason = str(error).partition("\n")[0].strip(" :") or type(error).__name__
        msg = f"{path}: not a result of cartflow ({reason})"
        raise InputError(msg) from None


def _read_all(path: Path) -> xr.DataTree:
    import netCDF4

    with LOCK, netCDF4.Dataset(path) as file:
        claimed = _claimed(file)
        # Nothing is read before, not even coordinates, which xarray reads at once.
        if claimed > _MOST_COMPRESSED * path.stat().st_size:
            msg = f"{path}: claims to hold {claimed / 1e9:.3g} GB, which is more than it can"
            raise InputError(msg)
        lazily = is_large_file(claimed)
        return xr.DataTree.from_dict(
            {name: _read_group(group, path, lazily) for name, group in _groups(file)}
        )


def _read_group(group: Any, path: Path, lazily: bool) -> xr.Dataset:
    """Return what a netCDF group holds; `lazily` what is large over time is read when asked for."""
    found = xr.open_dataset(NetCDF4DataStore(group), decode_timedelta=False)
    large = {
        str(name): _lazily(group, str(name), path)
        for name, item in found.data_vars.items()
        if lazily and is_large(item.dims, item.nbytes) and _is_plain(group.variables[str(name)])
    }
    return found.drop_vars(list(large)).load().assign(large)[list(found.variables)]


def _lazily(group: Any, name: str, path: Path) -> xr.Variable:
    raw = group.variables[name]
    attrs = {key: raw.getncattr(key) for key in raw.ncattrs() if key != "_FillValue"}
    filters = raw.filters() or {}
    encoding = {"zlib": True, "complevel": filters["complevel"]} if filters.get("zlib") else {}
    one = in_file(path, group.path, name)
    return lazy_variable(raw.dimensions, TimeByTime(one, raw.shape, raw.dtype), attrs, encoding)


def _is_plain(raw: Any) -> bool:
    """Return whether a netCDF variable holds its floats as they are, nan where there is none."""
    coded = {"scale_factor", "add_offset", "missing_value", "valid_min", "valid_max", "valid_range"}
    fill = getattr(raw, "_FillValue", np.nan)
    return raw.dtype.kind == "f" and not coded & set(raw.ncattrs()) and bool(np.isnan(fill))


def _groups(group: Any) -> list[tuple[str, Any]]:
    """Return a netCDF group and all below it, by path."""
    below = [found for inner in group.groups.values() for found in _groups(inner)]
    return [(group.path, group), *below]


def _claimed(group: Any) -> int:
    """Return the bytes that the variables of a netCDF group and those below it would take."""
    variables = [v for _, each in _groups(group) for v in each.variables.values()]
    return sum(math.prod(v.shape) * getattr(v.dtype, "itemsize", 8) for v in variables)


def require_result(tree: xr.DataTree, path: Path) -> None:
    """Raise `InputError` unless `tree` has the groups of a run or of a model run alone."""
    missing = [name for name in GROUPS if name not in tree.children]
    if missing and not all(name in tree.children for name in SIMULATED):
        msg = f"{path}: not a result of cartflow (the group '{missing[0]}' is missing)"
        raise InputError(msg)
