"""A tumour's shape from a segmentation: labelled voxels become mesh cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from cartflow.geometries.coarsening import checked_factors
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images import read_image
from cartflow.geometries.labels import checked_labels, chosen_labels, cropped, largest_part
from cartflow.geometries.orientation import checked_affine, oriented
from cartflow.geometries.surfaces.rim import Surface
from cartflow.geometries.voxel_geometry import geometry_of_voxels
from cartflow.outcome import InputError


def read_mask(
    path: str | Path,
    labels: Mapping[str, int] | None = None,
    largest_component: bool = False,
    coarsen: int | Sequence[int] = 1,
    surface: Surface = "smooth",
) -> Geometry:
    """Return the tumour in a NIfTI or NRRD label image; see `voxel_mask`.

    Raises `InputError`, one line that names the file.
    """
    image = read_image(path)
    return voxel_mask(
        image.labels,
        image.affine,
        labels,
        largest_component=largest_component,
        coarsen=coarsen,
        surface=surface,
        source=str(path),
        notes=image.notes,
    )


def voxel_mask(
    labels: ArrayLike,
    affine: ArrayLike,
    region_names: Mapping[str, int] | None = None,
    largest_component: bool = False,
    coarsen: int | Sequence[int] = 1,
    *,
    surface: Surface = "smooth",
    source: str = "mask",
    notes: tuple[str, ...] = (),
) -> Geometry:
    """Return the tumour in an array of whole-number labels (i, j, k), 0 outside.

    `affine` (4, 4) takes voxel indices to RAS mm. `region_names` names the labels that make
    up the tumour (default: all, as label_1, ...), each a region. `coarsen`, one factor or
    three along i, j, k, joins voxels to blocks that hold the same volume. A grid along the
    patient's axes gets dims z, y, x with rising coordinates; an oblique one keeps its index
    axes k, j, i. The boundary ``rim`` has the areas of a smooth `surface` through the mask, or
    those of its ``staircase``; volumes are the voxels' either way. Raises `InputError` that
    begins with `source`.
    """
    try:
        matrix = checked_affine(affine)
        numbers = checked_labels(labels)
        names = chosen_labels(numbers, region_names)
        numbers = np.where(np.isin(numbers, list(names.values())), numbers, 0)
        if largest_component:
            numbers = largest_part(numbers)
            names = chosen_labels(numbers, region_names)
        numbers, shifted = cropped(numbers, matrix)
        grid = oriented(numbers, shifted, checked_factors(coarsen, numbers.shape))
        return geometry_of_voxels(
            grid, names, matrix, notes, drop_empty=region_names is None, surface=surface
        )
    except InputError as error:
        msg = f"{source}: {error}"
        raise InputError(msg) from None
