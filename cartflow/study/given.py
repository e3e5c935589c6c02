"""Arrays that a script gives in place of numbers: a start or a diffusivity for every mesh cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError, named
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.means import cell_means, filled
from cartflow.pde.anisotropic.shapes import split
from cartflow.pde.problem import Field
from cartflow.study.images.reading import image_of, is_placed
from cartflow.study.most import DENSEST, FASTEST, require_possible

Array = np.ndarray
# By field, then by what of it: "initial" or "diffusivity".
Given = Mapping[tuple[str, str], Array]
# How far a tensor may be from symmetric, of its largest number.
_UNEVEN = 1e-9


def start_on_cells(values: Any, geometry: Geometry, what: str, unit: str) -> Array:
    """Return a start in its `unit` as `on_cells` does; of cells no more than a study may say."""
    found = on_cells(values, geometry, what)
    if unit == "cell/mm^3":
        with named(what):
            require_possible(float(found.max(initial=0.0)), DENSEST, unit)
    return found


def on_cells(values: Any, geometry: Geometry, what: str) -> Array:
    """Return `values`, one a mesh cell or on the geometry's grid, as (cells,).

    Raises `InputError` naming `what` for another shape, and for what is negative or not finite.
    """
    found = _averaged(values, geometry, what) if is_placed(values) else _plain(values, what)
    if found.shape == geometry.active.shape:
        found = geometry.gather(found)
    if found.shape != (geometry.size,):
        msg = (
            f"{what}: its shape is {found.shape}; needed is {(geometry.size,)}, one a mesh cell, "
            f"or the grid's {geometry.active.shape}"
        )
        raise InputError(msg)
    if not np.all(np.isfinite(found) & (found >= 0.0)):
        msg = f"{what}: it holds a value that is negative or not finite"
        raise InputError(msg)
    return found


def _plain(values: Any, what: str) -> Array:
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"{what}: no array of numbers ({error})"
        raise InputError(msg) from None


def _averaged(values: Any, geometry: Geometry, what: str) -> Array:
    """Return the volume means over the mesh cells of an array that says where it lies."""
    with named(what):
        means = cell_means(image_of(values, Path()), geometry)
        found, _ = filled(means.values, means.held, geometry, None)
    return found


def diffusivity_on_cells(values: Any, geometry: Geometry, what: str) -> Array:
    """Return a diffusivity as `on_cells` does; of tensors the mean and the shape, (cells, 7).

    Tensors are an array (cells, d, d) along x, y, z, or on the grid, d = 3 or in a plane 2. Raises
    `InputError`, also for more than a study may say (1e7 mm^2/day), in the mean over directions.
    """
    found = _diffusivities(values, geometry, what)
    means = found if found.ndim == 1 else found[:, 0]
    with named(what):
        require_possible(float(means.max(initial=0.0)), FASTEST, "mm^2/day")
    return found


def _diffusivities(values: Any, geometry: Geometry, what: str) -> Array:
    shape: tuple[int, ...] = np.shape(values) if not is_placed(values) else ()
    size = shape[-1] if len(shape) > 2 else 0
    leading = {(geometry.size,), geometry.active.shape}
    if shape[:-2] not in leading or shape[-2:] != (size, size) or size not in (2, 3):
        return on_cells(values, geometry, what)
    found = np.array(values, dtype=float)
    if found.ndim > 3:
        found = found[geometry.active]
    tensors = np.tile(np.eye(3), (geometry.size, 1, 1))
    tensors[:, :size, :size] = found
    if not np.isfinite(tensors).all() or np.abs(tensors - np.swapaxes(tensors, 1, 2)).max() > (
        _UNEVEN * np.abs(tensors).max()
    ):
        msg = f"{what}: it holds a tensor that is not symmetric, or not finite"
        raise InputError(msg)
    with named(what):
        mean, anisotropy = split(geometry, tensors)
    return np.column_stack([mean, anisotropy])


def with_given_diffusivities(fields: tuple[Field, ...], given: Given) -> tuple[Field, ...]:
    """Return the fields with the diffusivities given, mm^2/day: one a cell, or a tensor."""
    return tuple(_with_diffusivity(item, given.get((item.name, "diffusivity"))) for item in fields)


def _with_diffusivity(item: Field, values: Array | None) -> Field:
    if values is None:
        return item
    if values.ndim == 1:
        return replace(item, diffusivity=values, anisotropy=None)
    mean, anisotropy = values[:, 0].copy(), np.ascontiguousarray(values[:, 1:])
    return replace(item, diffusivity=mean, anisotropy=anisotropy)


def with_given_starts(initial: Array, fields: tuple[Field, ...], given: Given) -> Array:
    """Return the state (species, cells) at the start with those given, in each field's unit."""
    rows = zip(fields, initial, strict=True)
    return np.array([given.get((item.name, "initial"), row) for item, row in rows])


def image_words(given: Given) -> dict[str, str]:
    """Return the ranges of what was given as arrays, by dotted key."""
    return {f"fields.{field}.{what}": _in_words(values) for (field, what), values in given.items()}


def _in_words(values: Array) -> str:
    kind, shown = (
        ("an array", values) if values.ndim == 1 else ("tensors, on average", values[:, 0])
    )
    return f"{kind}: {shown.min():.4g} to {shown.max():.4g}"


def in_words(given: Given) -> str:
    """Return what was given as arrays, for the result's attributes."""
    return "; ".join(f"fields.{field}.{what}" for field, what in given)
