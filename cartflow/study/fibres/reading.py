"""Images of tensors and of directions, as means over the mesh cells along x, y and z."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, read_as, require_file
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.cells import boxes_of
from cartflow.geometries.images.files.nifti import read_nifti_vectors
from cartflow.geometries.images.resampling import Resampling
from cartflow.geometries.voxels.orientation import checked_affine
from cartflow.study.fibres.tables import Axes, Order

Array = np.ndarray

# Row and column of the components in each order: of dtifit (FSL), of dwi2tensor (MRtrix), and of
# NIfTI's symmetric matrices, which ITK and ANTs write.
_ORDERS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "fsl": ((0, 0, 0, 1, 1, 2), (0, 1, 2, 1, 2, 2)),
    "mrtrix": ((0, 1, 2, 0, 0, 1), (0, 1, 2, 1, 2, 2)),
    "nifti": ((0, 1, 1, 2, 2, 2), (0, 0, 1, 0, 1, 2)),
}
# The axes that each program writes along; NIfTI says nothing of them.
_AXES: dict[str, Axes] = {"fsl": "fsl", "mrtrix": "world"}
_LEAST = 1e-3


def tensor_means(
    given: Any, order: Order | None, axes: Axes | None, geometry: Geometry, folder: Path
) -> tuple[Array, Array]:
    """Return the mean tensors (cells, 3, 3) along x, y, z of an image, and the shares covered.

    Voxels of zeros or without finite numbers hold no tensor. Raises `InputError`.
    """
    values, affine, symmetric = _components(given, 6, folder)
    if order is None and symmetric:
        order = "nifti"
    if order is None:
        msg = "key 'order' is missing, that of the six components: 'fsl' (xx, xy, xz, yy, yz, zz), "
        raise InputError(msg + "'mrtrix' (xx, yy, zz, xy, xz, yz) or 'nifti' (xx, yx, yy, zx, ...)")
    if symmetric and order != "nifti":
        msg = f"order: '{order}', but the file says that its components are in that of 'nifti'"
        raise InputError(msg)
    axes = axes or _AXES.get(order)
    if axes is None:
        msg = "key 'axes' is missing; NIfTI does not say along which axes a tensor is: 'world' "
        raise InputError(msg + "(RAS), 'voxel' (i, j, k) or 'fsl' (i turned round where needed)")
    means, shares = _means(values, affine, geometry)
    tensors = np.empty((geometry.size, 3, 3))
    rows, columns = _ORDERS[order]
    tensors[:, rows, columns] = tensors[:, columns, rows] = means
    turn = turned(affine, axes)
    return np.einsum("ak,nkl,bl->nab", turn, tensors, turn), shares


def direction_means(
    given: Any, axes: Axes | None, geometry: Geometry, folder: Path
) -> tuple[Array, Array]:
    """Return the means of v v^T (cells, 3, 3) of an image of directions, and the shares covered.

    So neither sign nor length of v matters. Raises `InputError`.
    """
    values, affine, _ = _components(given, 3, folder)
    if axes is None:
        msg = "key 'axes' is missing, those that the directions are along: 'world' (MRtrix), "
        raise InputError(msg + "'voxel' (i, j, k) or 'fsl' (dtifit)")
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    unit = np.divide(values, lengths, out=np.full(values.shape, np.nan), where=lengths > 0)
    unit = unit @ turned(affine, axes).T
    rows, columns = np.triu_indices(3)
    means, shares = _means(unit[..., rows] * unit[..., columns], affine, geometry)
    dyads = np.empty((geometry.size, 3, 3))
    dyads[:, rows, columns] = dyads[:, columns, rows] = means
    return dyads, shares


def turned(affine: Array, axes: Axes) -> Array:
    """Return what turns components along `axes` of an image into those along x, y, z.

    FSL turns i round where the affine's determinant is above 0, as its own voxels are stored from
    right to left.
    """
    if axes == "world":
        return np.eye(3)
    turn = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    if axes == "fsl" and np.linalg.det(turn) > 0:
        return np.asarray(turn * np.array([-1.0, 1.0, 1.0]))
    return np.asarray(turn)


def _components(given: Any, number: int, folder: Path) -> tuple[Array, Array, bool]:
    """Return the components (i, j, k, number), the affine, and whether NIfTI's intent says so."""
    if isinstance(given, (str, Path)):
        path = folder / as_path(given)
        require_file(path)
        if not path.name.lower().endswith((".nii", ".nii.gz")):
            msg = f"{path}: images of tensors and directions are read from .nii and .nii.gz"
            raise InputError(msg)
        with read_as(path, "an image"):
            image, symmetric = read_nifti_vectors(path, number)
        return image.scaled(image.stored).astype(np.float64), image.affine, symmetric
    if isinstance(given, (tuple, list)) and len(given) == 2:
        values, affine = np.asarray(given[0], dtype=float), checked_affine(given[1])
        if values.ndim == 4 and values.shape[3] == number:
            return values, affine, False
    msg = f"give a file, or a pair of an array (i, j, k, {number}) and its affine"
    raise InputError(msg)


def _means(values: Array, affine: Array, geometry: Geometry) -> tuple[Array, Array]:
    places = Resampling(boxes_of(geometry), affine, values.shape[:3])
    if not places.overlaps:
        raise InputError("the image lies elsewhere than the tumour")
    part = values[places.box]
    held = np.isfinite(part).all(axis=-1) & (np.abs(part).max(axis=-1, initial=0.0) > 0)
    shares = places.means(held)
    clean = np.where(held[..., None], part, 0.0)
    sums = np.stack([places.means(clean[..., k]) for k in range(values.shape[3])], axis=1)
    some = shares > _LEAST
    means = np.divide(sums, shares[:, None], out=np.zeros_like(sums), where=some[:, None])
    return means, np.where(some, np.minimum(shares, 1.0), 0.0)
