"""Label arrays: which voxels are tumour, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.arguments import table
from cartflow.outcome import InputError

Ints = NDArray[np.int64]
_HIGHEST = 2**31
# More labels than this, unnamed, are more likely grey values.
_MOST = 256


def checked_labels(labels: ArrayLike) -> Ints:
    """Return a 3-D label array as whole numbers; raise `InputError` if it is anything else.

    Floating-point labels are fine as long as they are whole to 1e-4.
    """
    array: NDArray[Any] = np.asarray(labels)
    if array.ndim != 3:
        msg = f"the labels are {array.ndim}-D, of shape {array.shape}; needed is one 3-D array"
        raise InputError(msg)
    if array.dtype.kind not in "biuf":
        msg = f"the labels are of type {array.dtype}; needed are whole numbers"
        raise InputError(msg)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        msg = "the labels are not all finite"
        raise InputError(msg)
    values = array.astype(float)
    if values.size and np.abs(values).max() > _HIGHEST:
        msg = f"labels beyond {_HIGHEST} are not read; is this an image instead of a segmentation?"
        raise InputError(msg)
    whole = np.rint(values).astype(np.int64)
    away = np.abs(values - whole)
    if away.size and away.max() > 1e-4:
        msg = f"label {values.ravel()[away.argmax()]:g} is not a whole number"
        raise InputError(msg)
    if whole.size and whole.min() < 0:
        msg = f"label {whole.min()} is negative; labels start at 1, and 0 is outside"
        raise InputError(msg)
    return whole


def chosen_labels(labels: Ints, region_names: Mapping[str, int] | None) -> dict[str, int]:
    """Return {region name: label}; raise `InputError` if the mask is empty or a label absent."""
    present = [int(label) for label in np.unique(labels) if label != 0]
    if not present:
        msg = "the mask is empty: no voxel has a label other than 0"
        raise InputError(msg)
    shown = ", ".join(map(str, present))
    if region_names is None and len(present) > _MOST:
        msg = f"{len(present)} labels, {present[0]} to {present[-1]}; name those of the tumour"
        raise InputError(msg)
    if region_names is None:
        return {f"label_{label}": label for label in present}
    region_names = table(region_names, "labels")
    if not region_names:
        msg = f"no label is named; present: {shown}"
        raise InputError(msg)
    for name, label in region_names.items():
        if isinstance(label, bool) or label not in present:
            msg = f"region '{name}': no voxel has label {label}; present: {shown}"
            raise InputError(msg)
    if len(set(region_names.values())) < len(region_names):
        msg = f"two regions have the same label: {dict(region_names)}"
        raise InputError(msg)
    return {name: int(label) for name, label in region_names.items()}


def largest_part(labels: Ints) -> Ints:
    """Return the labels of the largest set of voxels that touch face to face, 0 elsewhere."""
    from scipy.ndimage import label

    parts, _ = label(labels > 0)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.where(parts == sizes.argmax(), labels, 0)


def cropped(labels: Ints, affine: NDArray[np.float64]) -> tuple[Ints, NDArray[np.float64]]:
    """Return the labels in their bounding box, and the affine of that box."""
    held = [np.flatnonzero(labels.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    start = np.array([index[0] for index in held])
    box = tuple(slice(index[0], index[-1] + 1) for index in held)
    shifted = affine.copy()
    shifted[:3, 3] += affine[:3, :3] @ start
    return labels[box], shifted
