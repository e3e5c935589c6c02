"""What a result must hold to be drawn: a file may have been cut, joined or damaged."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.results.one_tumour import SEVERAL, one_tumour, tumours_of

_COUNTS = ("time", "phenotype")
_TERMS = ("infused", "born", "died", "in_body", "in_tumour")
_NEEDED: dict[str, dict[str, tuple[str, ...] | None]] = {
    "body": {"cells": ("time", "phenotype", "organ", "space")},
    "balance": {**dict.fromkeys(_TERMS, _COUNTS), "residual_total": ("time",)},
    "exchange": dict.fromkeys(("cumulative_inflow", "cumulative_egress"), _COUNTS),
    "tumour": {"cell_volume": None, "depth": None, "penetration_depth_all": ("time",)},
}
_POINTS = ("delivery", "equivalent_dose", "blood_auc")
_COURSES = ("blood_course", "tumour_course", "depth_course")
_TERMS_ALONE = ("infused", "born", "died", "present")


def require_drawable(tree: xr.DataTree) -> None:
    """Raise `InputError` naming what is missing or empty for a figure of `tree`."""
    if "species" in tree.children:
        _require_simulated(tree)
        return
    for name in tumours_of(tree):
        _require_one(tree, name)
    groups = [name for name in _NEEDED if name != "exchange" or "tumour" in tree.children]
    if not has_products(tree):
        groups = ["tumour"]
    for group in groups:
        if group == "tumour" and group not in tree.children:
            continue
        dataset = _group(tree, group)
        _require_time(dataset, group)
        for name, dims in _NEEDED[group].items():
            _require(dataset, group, name, dims)
    _require_sites(_group(tree, "body"))
    if "tumour" in tree.children:
        _require_fields(tree)


def has_products(tree: xr.DataTree) -> bool:
    """Return whether cells of a product can be in a result's tumour, if it has one."""
    names = tree["tumour"].coords.get("phenotype") if "tumour" in tree.children else None
    return names is None or names.dims != ("phenotype",) or names.size > 0


def _require_one(tree: xr.DataTree, name: str) -> None:
    """Raise `InputError` naming what one of several tumours lacks."""
    try:
        one = one_tumour(tree, name)
    except KeyError as error:
        msg = f"{SEVERAL}/{name}: {error.args[0]} is missing, so it cannot be drawn"
        raise InputError(msg) from None
    try:
        require_drawable(one)
    except InputError as error:
        msg = f"{SEVERAL}/{name}: {error}"
        raise InputError(msg) from None


def require_comparison(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what is missing for the figure of a comparison of bodies."""
    _require_time(dataset, "/")
    for name in _POINTS:
        _require(dataset, "/", name, ("body",))
    for name in _COURSES:
        _require(dataset, "/", name, ("body", "time"))
    if "delivery_low" in dataset.variables:
        for name in ("delivery_low", "delivery_median", "delivery_high"):
            _require(dataset, "/", name, ("body",))
        _require(dataset, "/", "delivery_by_choice", ("body", "trafficking", "scaling"))


def require_sensitivity(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what is missing for the figure of a sensitivity analysis."""
    for name in ("low", "high", "at_low", "at_high"):
        _require(dataset, "/", name, ("parameter",))
        _require_finite(dataset, "/", name)
        if np.any(dataset[name].values < 0):
            msg = f"{name}: holds numbers below 0"
            raise InputError(msg)
    central = dataset.attrs.get("central")
    if not isinstance(central, (int, float)) or not 0 < central < np.inf:
        msg = f"the attribute 'central' is {central!r}; needed is a number above 0"
        raise InputError(msg)
    if "unit" not in dataset.variables or dataset["unit"].dims != ("parameter",):
        raise InputError("unit: the variable is missing, so it cannot be drawn")
    if "total_order" in dataset.variables:
        for name in ("first_order", "total_order", "total_order_error"):
            _require(dataset, "/", name, ("parameter",))


def require_refinement(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what is missing for the figure of a study on finer meshes."""
    _require(dataset, "/", "error", ("level", "number"))
    _require(dataset, "/", "width", ("level",))
    _require(dataset, "/", "order", ("number",))
    for name in ("error", "width", "order"):
        _require_finite(dataset, "/", name)
    words = str(dataset.attrs.get("numbers_in_words", "")).split("; ")
    if len(words) != dataset.sizes["number"] or "number" not in dataset.coords:
        raise InputError("the attribute 'numbers_in_words' does not name every number")


def _require_simulated(tree: xr.DataTree) -> None:
    species = _group(tree, "species")
    _require_time(species, "species")
    if not species.data_vars:
        raise InputError("species: there is none, so nothing can be drawn")
    for name in species.data_vars:
        _require(species, "species", str(name), ("time",))
    if "balance" in tree.children:
        balance = _group(tree, "balance")
        _require_time(balance, "balance")
        for name in _TERMS_ALONE:
            _require(balance, "balance", name, _COUNTS)
        _require(balance, "balance", "relative_residual", ("time",))


def _require_sites(body: xr.Dataset) -> None:
    for name in body.data_vars:
        if str(name).startswith("density_"):
            _require(body, "body", str(name), ("time", "site"))


def _require_fields(tree: xr.DataTree) -> None:
    tumour = _group(tree, "tumour")
    names = tumour.get("phenotype")
    if names is None or names.dims != ("phenotype",):
        raise InputError("tumour: the coordinate 'phenotype' is missing")
    places = tumour["depth"].dims
    if not places:
        raise InputError("tumour/depth: has no dimensions, so nothing can be drawn")
    fields = [str(name) for name, field in tumour.data_vars.items() if "role" in field.attrs]
    if not names.size and not fields:
        raise InputError("tumour: there is no field, so nothing can be drawn")
    for name in {*map(str, names.values[:1]), *fields}:
        _require(tumour, "tumour", name, ("time", *map(str, places)))
    for axis in map(str, places):
        _require(tumour, "tumour", axis, (axis,))
        _require_finite(tumour, "tumour", axis)
    if len(places) == 1:
        _require_finite(tumour, "tumour", "depth")


def _group(tree: xr.DataTree, name: str) -> xr.Dataset:
    if name not in tree.children:
        msg = f"the group '{name}' is missing, so it cannot be drawn"
        raise InputError(msg)
    return tree[name].to_dataset()


def _require_time(dataset: xr.Dataset, group: str) -> None:
    if "time" not in dataset.coords or dataset["time"].dims != ("time",):
        msg = f"{group}: the coordinate 'time' is missing"
        raise InputError(msg)
    if dataset.sizes["time"] == 0:
        msg = f"{group}: 'time' is empty, so there is nothing to draw"
        raise InputError(msg)
    _require_finite(dataset, group, "time")
    if np.any(np.diff(dataset["time"].values.astype(float)) <= 0):
        msg = f"{group}: 'time' does not rise"
        raise InputError(msg)


def _require_finite(dataset: xr.Dataset, group: str, name: str) -> None:
    values = dataset[name].values
    if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        msg = f"{_path(group, name)}: must hold finite numbers alone"
        raise InputError(msg)


def _require(dataset: xr.Dataset, group: str, name: str, dims: tuple[str, ...] | None) -> None:
    """Raise `InputError` unless the variable holds numbers along `dims`, in any order."""
    if name not in dataset.variables:
        msg = f"{_path(group, name)}: the variable is missing, so it cannot be drawn"
        raise InputError(msg)
    variable = dataset[name]
    if variable.dtype.kind not in "fiu" or variable.size == 0:
        msg = f"{_path(group, name)}: holds no numbers, so it cannot be drawn"
        raise InputError(msg)
    if dims is not None and set(variable.dims) != set(dims):
        msg = (
            f"{_path(group, name)}: has the dimensions {_shown(variable.dims)}, not {_shown(dims)}"
        )
        raise InputError(msg)


def _path(group: str, name: str) -> str:
    return f"{group}/{name}".removeprefix("//")


def _shown(dims: tuple[object, ...]) -> str:
    return f"({', '.join(map(str, dims))})"
