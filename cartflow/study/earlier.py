"""Starts that are taken from an earlier result: fields on the same mesh, cells in the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.dataset import grows
from cartflow.core.outcome import InputError, require_known
from cartflow.core.paths import require_file
from cartflow.core.tables import Table, validate
from cartflow.core.units.udunits import cf_unit
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Species
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.results.one_tumour import one_tumour, tumours_of
from cartflow.results.result import load_result
from cartflow.study.tables.events import Moment

Array = np.ndarray
# Meshes are the same if their cells' volumes are.
_SAME = 1e-9
_NEAR = 1e-9  # of times, relative


class EarlierTable(Table):
    """A start from the file of an earlier result, at one of its saved times (default: the last)."""

    result: str
    time: Moment | None = None
    species: str | None = None
    tumour: str | None = None


def is_earlier(raw: Any) -> bool:
    """Return whether a start is to be read from an earlier result."""
    return isinstance(raw, Mapping) and "result" in raw


def field_of_earlier(
    raw: Mapping[str, Any], species: Species, geometry: Geometry, folder: Path, where: str
) -> Array:
    """Return the field of an earlier result for every mesh cell, in the unit of `species`.

    Raises `InputError` beginning with `where` unless mesh, unit, name and time agree.
    """
    table = validate(EarlierTable, dict(raw), where)
    path = folder / table.result
    with _named(f"{where}: {path}"):
        tumour = _tumour(path, table)
        if grows(tumour):
            raise InputError("its tumour grew, so that its mesh is no longer that of a study")
        name = table.species or species.name
        fields = [str(n) for n, v in tumour.data_vars.items() if "role" in v.attrs]
        require_known(name, fields, "field")
        _require_mesh(tumour, geometry)
        grid = _at(tumour[name], table)
        _require_unit(grid, species)
        values = geometry.gather(np.asarray(grid.values, dtype=float))
        if not np.all(np.isfinite(values) & (values >= 0.0)):
            msg = f"{name}: holds a value that is negative or not finite"
            raise InputError(msg)
    return values


def body_of_earlier(
    raw: Mapping[str, Any], network: OrganNetwork, products: Sequence[str], folder: Path, where: str
) -> Array:
    """Return the product cells (compartments, products) that stood in the body of a result.

    Raises `InputError` beginning with `where` unless compartments and time agree, and every
    product of it is one of the study's.
    """
    table = validate(EarlierTable, dict(raw), where)
    for key in ("species", "tumour"):
        if getattr(table, key) is not None:
            msg = f"{where}.{key}: has no effect; all products of the body are taken over"
            raise InputError(msg)
    path = folder / table.result
    with _named(f"{where}: {path}"):
        body = _group(path, "body")
        if "compartment_cells" not in body:
            raise InputError("it does not hold the cells of every compartment; run it anew")
        saved = _at(body["compartment_cells"], table)
        there = [str(name) for name in saved["compartment"].values]
        if set(there) != set(network.names):
            other = sorted(set(there) ^ set(network.names))[0]
            msg = f"its body has other compartments than that of this study ('{other}')"
            raise InputError(msg)
        cells = np.zeros((len(network.names), len(products)))
        rows = [network.index(name) for name in there]
        for column, name in enumerate(str(n) for n in saved["phenotype"].values):
            values = np.asarray(saved.isel(phenotype=column), dtype=float)
            if not np.all(np.isfinite(values) & (values >= 0.0)):
                msg = f"{name}: holds a number of cells that is negative or not finite"
                raise InputError(msg)
            if values.any() or name in products:
                require_known(name, products, "product")
                cells[rows, products.index(name)] = values
    return cells


def organs_of_earlier(data: Mapping[str, Any], folder: Path, file: str) -> dict[str, Any]:
    """Return the tables of a study with the starts of organs that earlier results give."""
    organs = data.get("organs")
    if not isinstance(organs, Mapping):
        return dict(data)
    found = {name: _organ(name, organ, folder, file) for name, organ in organs.items()}
    return {**data, "organs": found}


def _organ(name: str, organ: Any, folder: Path, file: str) -> Any:
    if not isinstance(organ, Mapping) or not isinstance(organ.get("initial"), Mapping):
        return organ
    space = str(organ.get("space", "tissue"))
    starts = {
        species: _site(raw, species, (name, f"{name}_{space}"), folder, f"{file}: organs.{name}")
        if is_earlier(raw)
        else raw
        for species, raw in organ["initial"].items()
    }
    return {**organ, "initial": starts}


def _site(
    raw: Mapping[str, Any], species: str, sites: tuple[str, ...], folder: Path, where: str
) -> dict[str, str]:
    """Return what stood at a site of an earlier result, as a quantity with its note."""
    where = f"{where}.initial.{species}"
    table = validate(EarlierTable, dict(raw), where)
    if table.tumour is not None:
        msg = f"{where}.tumour: has no effect; it is what stood in the organ"
        raise InputError(msg)
    path = folder / table.result
    with _named(f"{where}: {path}"):
        body = _group(path, "body")
        name = f"density_{table.species or species}"
        known = [str(n) for n in body.data_vars if str(n).startswith("density_")]
        require_known(name, known, "species at sites in organs")
        there = [str(s) for s in body["site"].values]
        site = next((s for s in sites if s in there), None)
        if site is None:
            require_known(sites[-1], there, "site")
        value = _at(body[name].sel(site=site), table)
        unit = _UNITS.get(str(value.attrs["units"]), str(value.attrs["units"]))
        when = float(value["time"])
    return {
        "value": f"{float(value)!r} {unit}",
        "source": "study",
        "standing": "derived",
        "note": f"from {Path(table.result).name} at {when:.6g} day",
    }


_UNITS = {"mm-3": "cell/mm^3", "ng mm-3": "ng/mm^3"}


class _named:  # reads as a word where it is used
    """Puts the place before the message of any `InputError` raised within."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, InputError):
            text = str(error).removeprefix(f"{self.where.rpartition(': ')[2]}: ")
            msg = f"{self.where}: {text}"
            raise InputError(msg) from None


def _tumour(path: Path, table: EarlierTable) -> xr.Dataset:
    """Return the tumour of a result, of several that which the table names."""
    names = tumours_of(_tree(path))
    if not names:
        if table.tumour is not None:
            msg = f"the result does not hold several tumours, among them '{table.tumour}'"
            raise InputError(msg)
        return _group(path, "tumour")
    if table.tumour is None:
        msg = f"key 'tumour' is missing; the result holds {', '.join(names)}"
        raise InputError(msg)
    require_known(table.tumour, names, "tumour")
    return one_tumour(_tree(path), table.tumour)["tumour"].to_dataset()


def _tree(path: Path) -> xr.DataTree:
    stat = require_file(path).stat()
    return _loaded(path, stat.st_mtime_ns, stat.st_size)


def _group(path: Path, name: str) -> xr.Dataset:
    tree = _tree(path)
    if name not in tree.children:
        msg = f"the result has no group '{name}'"
        raise InputError(msg)
    return tree[name].to_dataset()


@lru_cache(maxsize=4)
def _loaded(path: Path, written: int, size: int) -> xr.DataTree:
    del written, size  # a file that was written anew is another
    return load_result(path).tree


def _at(values: xr.DataArray, table: EarlierTable) -> xr.DataArray:
    """Return what was saved at the table's time, or last."""
    times = np.asarray(values["time"].values, dtype=float)
    if not times.size:
        raise InputError("the result has no saved times")
    if table.time is None:
        return values.isel(time=-1)
    wanted = table.time.value
    place = int(np.argmin(np.abs(times - wanted)))
    if abs(times[place] - wanted) > _NEAR * max(1.0, wanted):
        msg = f"time '{table.time.stated}' was not saved; the nearest is {times[place]:.9g} day"
        raise InputError(msg)
    return values.isel(time=place)


def _require_mesh(tumour: xr.Dataset, geometry: Geometry) -> None:
    volumes = np.asarray(tumour["cell_volume"].values, dtype=float)
    own = geometry.scatter(geometry.place_volumes)
    if volumes.shape != own.shape:
        msg = f"its mesh has the shape {volumes.shape}, that of this study {own.shape}"
        raise InputError(msg)
    same = np.isclose(volumes, own, rtol=_SAME, atol=0.0, equal_nan=True)
    places = [
        np.allclose(tumour[d].values, geometry.coordinates[d], rtol=_SAME, atol=_SAME)
        for d in geometry.dims
    ]
    if not same.all() or not all(places):
        raise InputError("its mesh has other cells than that of this study")


def _require_unit(values: xr.DataArray, species: Species) -> None:
    unit, own = str(values.attrs.get("units", "")), cf_unit(species.unit)
    if unit != own:
        msg = f"'{values.name}' is in {unit}, but {species.name} in {own}"
        raise InputError(msg)
