"""A tumour's shape from a segmentation: labelled voxels become mesh cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.graded.geometry import graded_geometry
from cartflow.geometries.graded.interior import Interior
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.files.nifti import farthest
from cartflow.geometries.images.label_values import numbered, present_codes, present_labels
from cartflow.geometries.images.labels import (
    affine_of_box,
    bounding_box,
    chosen_labels,
    keep_largest_part,
)
from cartflow.geometries.images.naming import label_names
from cartflow.geometries.images.reading import read_image, read_structures
from cartflow.geometries.voxels.coarsening import checked_factors
from cartflow.geometries.voxels.geometry import geometry_of_voxels
from cartflow.geometries.voxels.orientation import checked_affine, oriented
from cartflow.geometries.voxels.planar import flat_axis
from cartflow.geometries.voxels.rim import Surface
from cartflow.geometries.voxels.splitting import split_voxels


def read_mask(
    path: str | Path | Sequence[str | Path],
    labels: Mapping[str, int | str] | Sequence[str] | str | None = None,
    largest_component: bool = False,
    coarsen: int | Sequence[int] = 1,
    surface: Surface = "smooth",
    split: int = 1,
    interior: Interior | None = None,
    planar: bool | None = None,
) -> Geometry:
    """Return the tumour in a label image, of a kind that `read_image` reads; see `voxel_mask`.

    Of several files each holds one structure, named by its file. `labels` may also be the name of
    a convention (``brats2017``, ``brats2023``, ``brats2024``), or names segments that the image
    itself names, which all are regions by default. Raises `InputError`, one line that names the
    file.
    """
    if isinstance(path, Sequence) and not isinstance(path, str):
        image = read_structures(path)
        path = path[0]
    else:
        image = read_image(path)
    try:
        present = present_labels(image)
        names, how = (
            label_names(image, labels, present),
            (coarsen, surface, split, interior, planar),
        )
        geometry = _mask(image, present, names, largest_component, *how)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    return geometry if image.qform is None else _with_both_volumes(geometry, image, image.qform)


def voxel_mask(
    labels: ArrayLike,
    affine: ArrayLike,
    region_names: Mapping[str, int] | None = None,
    largest_component: bool = False,
    coarsen: int | Sequence[int] = 1,
    *,
    surface: Surface = "smooth",
    split: int = 1,
    interior: Interior | None = None,
    planar: bool | None = None,
    source: str = "mask",
    notes: tuple[str, ...] = (),
) -> Geometry:
    """Return the tumour in an array of whole-number labels (i, j, k), 0 outside.

    `affine` (4, 4) takes voxel indices to RAS mm. `region_names` names the labels that make
    up the tumour (default: all, as label_1, ..., at most 32), each a region. `coarsen`, one
    factor or three along i, j, k, joins voxels to blocks that hold the same volume; `split`
    instead cuts each into so many along each axis, within the same shape. A grid
    along the patient's axes gets dims z, y, x with rising coordinates; an oblique one keeps
    its index axes k, j, i. The boundary ``rim`` has the areas of a smooth `surface` through the
    mask, or those of its ``staircase``; volumes are the voxels' either way. The `interior` may
    have wider cells. One layer of voxels is a plane, without a surface above and below, where it
    is all of the image, unless `planar` says otherwise. Raises `InputError` that begins with
    `source`.
    """
    try:
        image = Image(stored=np.asarray(labels), affine=checked_affine(affine), notes=notes)
        how = (coarsen, surface, split, interior, planar)
        return _mask(image, present_labels(image), region_names, largest_component, *how)
    except InputError as error:
        msg = f"{source}: {error}"
        raise InputError(msg) from None


def _mask(
    image: Image,
    present: Sequence[int],
    region_names: Mapping[str, int] | None,
    largest_component: bool,
    coarsen: int | Sequence[int],
    surface: Surface,
    split: int,
    interior: Interior | None,
    planar: bool | None,
) -> Geometry:
    matrix = checked_affine(image.affine)
    labels = chosen_labels(present, region_names)
    # From here on a voxel holds the place of its label among those chosen, from 1.
    codes = numbered(image, list(labels.values()))
    names = {name: code for code, name in enumerate(labels, 1)}
    if largest_component:
        keep_largest_part(codes)
        left = present_codes(codes)
        names = {name: code for name, code in names.items() if code in left}
        chosen_labels(sorted(labels[name] for name in names), region_names)
    box = bounding_box(codes)
    codes = codes[box]
    shifted = affine_of_box(matrix, [side.start for side in box])
    flat = flat_axis(planar, image.stored.shape, codes.shape)
    whole = oriented(codes, shifted, checked_factors(coarsen, codes.shape), flat)
    grid = split_voxels(whole, split)
    drop_empty = region_names is None
    if interior is not None:
        graded = graded_geometry(
            grid, names, matrix, image.notes, interior, drop_empty=drop_empty, surface=surface
        )
        return replace(graded, source_shape=image.stored.shape)
    geometry = geometry_of_voxels(
        grid, names, matrix, image.notes, drop_empty=drop_empty, surface=surface
    )
    return replace(geometry, source_shape=image.stored.shape)


def _with_both_volumes(geometry: Geometry, image: Image, qform: NDArray[np.float64]) -> Geometry:
    sform = image.affine
    ratio = abs(np.linalg.det(qform[:3, :3]) / np.linalg.det(sform[:3, :3]))
    apart = farthest(sform, qform, image.stored.shape)
    note = (
        f"the header's two orientations disagree: the tumour has {geometry.volume:.6g} mm3 by the "
        f"sform, which is used, and {geometry.volume * ratio:.6g} mm3 by the qform; they put a "
        f"corner of the image {apart:.3g} mm apart"
    )
    return replace(geometry, notes=(*geometry.notes, note))
