"""A tumour's shape from a partial-volume image: how much of every voxel it fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.label_values import parts_of, require_labels
from cartflow.geometries.images.labels import affine_of_box, bounding_box, keep_largest_part
from cartflow.geometries.images.reading import read_image
from cartflow.geometries.partial.geometry import geometry_of_fractions
from cartflow.geometries.partial.shares import EMPTY
from cartflow.geometries.voxels.coarsening import checked_factors
from cartflow.geometries.voxels.orientation import checked_affine, oriented
from cartflow.geometries.voxels.planar import flat_axis

# Interpolation overshoots by as much.
_BEYOND = 1e-3


def read_partial_volume(
    path: str | Path,
    largest_component: bool = False,
    coarsen: int | Sequence[int] = 1,
    planar: bool | None = None,
) -> Geometry:
    """Return the tumour in a NIfTI or NRRD image of filled shares; see `partial_volume_mask`.

    Raises `InputError`, one line that names the file.
    """
    image = read_image(path)
    try:
        return _geometry(image, largest_component, coarsen, planar)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None


def partial_volume_mask(
    fractions: ArrayLike,
    affine: ArrayLike,
    largest_component: bool = False,
    coarsen: int | Sequence[int] = 1,
    *,
    planar: bool | None = None,
    source: str = "partial volumes",
) -> Geometry:
    """Return the tumour in an array of filled shares (i, j, k), 0 outside, 1 inside.

    `affine` (4, 4) takes voxel indices to RAS mm; `largest_component`, `coarsen` and `planar`
    as in `voxel_mask`. A plane in every voxel that is filled in part cuts off the share it holds;
    mesh cells have the volumes that follow, what voxels filled to less than half hold is counted
    in their neighbours, and the boundaries ``rim`` and ``wall`` have the planes' areas.
    Raises `InputError` that begins with `source`.
    """
    try:
        image = Image(stored=np.asarray(fractions), affine=checked_affine(affine))
        return _geometry(image, largest_component, coarsen, planar)
    except InputError as error:
        msg = f"{source}: {error}"
        raise InputError(msg) from None


def _geometry(
    image: Image, largest: bool, coarsen: int | Sequence[int], planar: bool | None
) -> Geometry:
    require_labels(image)
    matrix = checked_affine(image.affine)
    shares = _checked(image)
    held = (shares > EMPTY).astype(np.uint8)
    if not held.any():
        msg = "the mask is empty: no voxel is filled to any share"
        raise InputError(msg)
    if largest:
        keep_largest_part(held)
    box = bounding_box(held)
    shares = np.where(held[box] > 0, shares[box], 0.0)
    shifted = affine_of_box(matrix, [side.start for side in box])
    flat = flat_axis(planar, image.stored.shape, shares.shape)
    grid = oriented(shares, shifted, checked_factors(coarsen, shares.shape), flat)
    geometry = geometry_of_fractions(grid, matrix, image.notes)
    return replace(geometry, source_shape=image.stored.shape)


def _checked(image: Image) -> NDArray[np.float32]:
    """Return the shares, 0 to 1, in four bytes a voxel."""
    shares = np.zeros(image.stored.shape, dtype=np.float32)
    for part in parts_of(image.stored):
        values = np.asarray(image.scaled(image.stored[part]), dtype=np.float64)
        if not np.isfinite(values).all():
            msg = "the shares are not all finite"
            raise InputError(msg)
        low, high = values.min(initial=0.0), values.max(initial=0.0)
        if low < -_BEYOND or high > 1.0 + _BEYOND:
            worst = low if low < -_BEYOND else high
            msg = f"partial_volume: a voxel holds {worst:g}; needed are shares from 0 to 1"
            raise InputError(msg)
        shares[part] = np.clip(values, 0.0, 1.0)
    return shares
