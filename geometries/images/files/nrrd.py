"""NRRD files: axes, spaces and units of the header in RAS mm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.geometries.images.files.image import Image, require_finite
from cartflow.geometries.images.files.nrrd_data import read_data
from cartflow.geometries.images.files.nrrd_header import NrrdHeader, read_header
from cartflow.geometries.images.files.segments import combined, segments

# What turns each NRRD world into right-anterior-superior.
_TO_RAS = {
    "right-anterior-superior": (1.0, 1.0, 1.0),
    "ras": (1.0, 1.0, 1.0),
    "left-anterior-superior": (-1.0, 1.0, 1.0),
    "las": (-1.0, 1.0, 1.0),
    "left-posterior-superior": (-1.0, -1.0, 1.0),
    "lps": (-1.0, -1.0, 1.0),
}
# Worlds that do not say where the patient lies.
_UNNAMED = {"", "scanner-xyz", "3d-right-handed", "3d-left-handed"}


def read_nrrd(path: Path) -> Image:
    """Return the 3-D image in an NRRD file, attached (.nrrd) or detached (.nhdr).

    A segmentation of 3D Slicer (.seg.nrrd) has the names of its segments.
    """
    header = read_header(path)
    affine, notes = _affine(_without_layers(header))
    require_finite(affine)
    data = read_data(header)
    found = segments(header.fields)
    if not found:
        return Image(stored=data, affine=affine, notes=notes)
    codes, names, more = combined(data if header.layers else data[None], found)
    return Image(stored=codes, affine=affine, notes=(*notes, *more), names=names)


def _without_layers(header: NrrdHeader) -> dict[str, Any]:
    """Return the fields with those of the axis of layers taken out."""
    if not header.layers:
        return header.fields
    listed = ("space directions", "spacings", "units")
    cut = {key: header.fields[key][1:] for key in listed if header.fields.get(key) is not None}
    return {**header.fields, **cut}


def _affine(fields: dict[str, Any]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    signs, notes = _world(str(fields.get("space", "")))
    factors = _unit_factors(fields)
    origin = fields.get("space origin")
    affine = np.eye(4)
    affine[:3, :3] = _directions(fields) * factors[:, None]
    affine[:3, 3] = (np.zeros(3) if origin is None else _numbers(origin, "space origin")) * factors
    affine[:3] *= np.array(signs)[:, None]
    return affine, notes


def _world(space: str) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    if space.lower() in _UNNAMED:
        return (1.0, 1.0, 1.0), ("the header names no patient space; its axes are read as RAS",)
    if space.lower() not in _TO_RAS:
        msg = f"space '{space}' is not known; allowed: {', '.join(_TO_RAS)}"
        raise InputError(msg)
    return _TO_RAS[space.lower()], ()


def _directions(fields: dict[str, Any]) -> NDArray[np.float64]:
    """Return the columns that one step along i, j, k moves in the file's own space."""
    if fields.get("space directions") is not None:
        # A further axis of size 1 has no direction.
        directions = np.asarray(fields["space directions"], dtype=float)[:3]
        if directions.shape != (3, 3):
            msg = f"'space directions' has the shape {directions.shape}; needed is (3, 3)"
            raise InputError(msg)
        return directions.T
    if fields.get("spacings") is None:
        msg = "the header has neither 'space directions' nor 'spacings'"
        raise InputError(msg)
    return np.diag(_numbers(fields["spacings"], "spacings"))


def _numbers(value: Any, what: str) -> NDArray[np.float64]:
    numbers = np.asarray(value, dtype=float)[:3]
    if numbers.shape != (3,):
        msg = f"'{what}' has the shape {numbers.shape}; needed are three numbers"
        raise InputError(msg)
    return numbers


def _unit_factors(fields: dict[str, Any]) -> NDArray[np.float64]:
    # The units of the axes belong to 'spacings', those of the space to 'space directions'.
    key = "units" if fields.get("space directions") is None else "space units"
    units = list(fields.get(key) or ["mm"] * 3)[:3]
    if len(units) != 3:
        msg = f"'{key}' has {len(units)} entries; needed are three"
        raise InputError(msg)
    return np.array([to_internal(f"1 {unit or 'mm'}", like="mm") for unit in units])
