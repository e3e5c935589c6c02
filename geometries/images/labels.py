"""Which voxels are tumour, what they are called, and the box that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cartflow.core.arguments import table
from cartflow.core.outcome import InputError
from cartflow.geometries.images.label_values import Codes, parts_of

# Segmentations of one tumour have a handful of labels; more, unnamed, are grey values.
MOST_UNNAMED = 32
_SHOWN = 20


def chosen_labels(present: Sequence[int], region_names: Mapping[str, int] | None) -> dict[str, int]:
    """Return {region name: label} of the labels `present`, without names label_1, ...

    Raises `InputError` if there is none, a named one is absent, two names have one label, or
    more than 32 labels are not named.
    """
    if not present:
        msg = "the mask is empty: no voxel has a label other than 0"
        raise InputError(msg)
    if region_names is None and len(present) > MOST_UNNAMED:
        msg = (
            f"{len(present)} labels, {present[0]} to {present[-1]}; name those of the tumour "
            f"(more than {MOST_UNNAMED} without names are taken for the values of a grey image)"
        )
        raise InputError(msg)
    if region_names is None:
        return {f"label_{label}": label for label in present}
    return _named(present, table(region_names, "labels"))


def _named(present: Sequence[int], region_names: Mapping[str, int]) -> dict[str, int]:
    shown = ", ".join(map(str, present[:_SHOWN]))
    if len(present) > _SHOWN:
        shown += f", ... {present[-1]} ({len(present)} labels)"
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


def keep_largest_part(codes: Codes) -> None:
    """Set to 0, in place, all voxels but the largest set of those that touch face to face."""
    parts = _parts(codes)
    sizes = np.zeros(1, dtype=np.int64)
    for box in parts_of(parts):
        counts = np.bincount(parts[box].ravel(), minlength=sizes.size)
        counts[: sizes.size] += sizes
        sizes = counts
    sizes[0] = 0
    largest = sizes.argmax()
    for box in parts_of(parts):
        codes[box][parts[box] != largest] = 0


def _parts(codes: Codes) -> NDArray[np.integer]:
    from scipy.ndimage import label

    try:
        # Two bytes a voxel hold 65535 parts. SciPy copies an array that is not in C order.
        parts: NDArray[np.integer] = label(codes, output=np.uint16)[0]
    except RuntimeError:
        parts = label(codes, output=np.int32)[0]
    return parts


def bounding_box(codes: Codes) -> tuple[slice, ...]:
    """Return the smallest box that holds all voxels but those of 0."""
    held = [np.flatnonzero(codes.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    return tuple(slice(int(index[0]), int(index[-1]) + 1) for index in held)


def affine_of_box(affine: NDArray[np.float64], start: Sequence[int]) -> NDArray[np.float64]:
    """Return the affine of a box whose first voxel has the indices `start`."""
    shifted = affine.copy()
    shifted[:3, 3] += affine[:3, :3] @ np.array(start)
    return shifted
