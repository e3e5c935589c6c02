"""The images that a study names, or that a script gives, in one form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.reading import read_image
from cartflow.geometries.voxels.orientation import checked_affine

_EVEN = 1e-4  # of steps between coordinates, relative


def image_of(given: Any, folder: Path) -> Image:
    """Return the image in a file (its path starts at `folder`), or that an array is.

    An array is an `xarray.DataArray` along x, y and z (mm, evenly spaced), or a pair of an array
    (i, j, k) and its affine (4, 4). Raises `InputError`.
    """
    if isinstance(given, (str, Path)):
        if str(given).strip() in {"", "."}:
            raise InputError("an empty name; give an image file")
        return read_image(folder / given)
    if isinstance(given, xr.DataArray):
        return _of_coordinates(given)
    if isinstance(given, (tuple, list)) and len(given) == 2:
        array, affine = np.asarray(given[0]), checked_affine(given[1])
        if array.ndim != 3:
            msg = f"its array is {array.ndim}-D, of shape {array.shape}; needed is one 3-D array"
            raise InputError(msg)
        return Image(stored=array, affine=affine)
    msg = (
        f"got {type(given).__name__}; give a file, an xarray.DataArray with coordinates x, y, z, "
        "or a pair of an array and its affine"
    )
    raise InputError(msg)


def is_placed(given: Any) -> bool:
    """Return whether an array says where it lies, so that it need not be on the mesh's own grid."""
    if isinstance(given, xr.DataArray):
        return set(given.dims) <= {"x", "y", "z"} and all(d in given.coords for d in given.dims)
    return isinstance(given, tuple) and len(given) == 2 and np.shape(given[1]) == (4, 4)


def name_of(given: Any) -> str:
    """Return what an image is called where a run says what it used: never its folder."""
    if isinstance(given, (str, Path)):
        return Path(given).name
    name = getattr(given, "name", None)
    return str(name) if name else "an array"


def _of_coordinates(given: xr.DataArray) -> Image:
    dims = [d for d in ("x", "y", "z") if d in given.dims]
    if set(given.dims) != set(dims) or len(dims) < 2:
        msg = f"its dimensions are {tuple(given.dims)}; needed are x, y and z"
        raise InputError(msg)
    values = np.asarray(given.transpose(*dims).values)
    # In a plane it reaches over the thickness of a 2-D box, 1 mm.
    affine = np.eye(4)
    affine[:3, 3] = 0.5
    for axis, dim in enumerate(("x", "y", "z")):
        if dim in dims:
            affine[axis, axis], affine[axis, 3] = _steps(given, dim)
    missing = tuple(a for a, d in enumerate(("x", "y", "z")) if d not in dims)
    return Image(stored=np.expand_dims(values, missing), affine=affine)


def _steps(given: xr.DataArray, dim: str) -> tuple[float, float]:
    """Return the step between, and the first of, the coordinates along `dim`, mm."""
    if dim not in given.coords:
        msg = f"it has no coordinate {dim}, in mm"
        raise InputError(msg)
    places = np.asarray(given[dim].values, dtype=float)
    steps = np.diff(places)
    if places.size < 2 or not np.isfinite(places).all():
        msg = f"its coordinate {dim} has {places.size} places; needed are two or more, finite"
        raise InputError(msg)
    step = float(steps.mean())
    if step == 0 or np.abs(steps - step).max() > _EVEN * abs(step):
        msg = f"its coordinate {dim} is not evenly spaced"
        raise InputError(msg)
    return step, float(places[0])
