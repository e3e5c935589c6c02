"""The labels of an image, part by part: checked, and numbered from 1 in a byte a voxel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.image import Image

Codes = NDArray[np.unsignedinteger[Any]]
_HIGHEST = 2**31
# More different values than these are no labels, and would fill memory.
_MOST_VALUES = 2**16
# Voxels in one part; what is computed of it is small beside the image.
_PART = 2**16


def parts_of(array: NDArray[Any]) -> Iterator[tuple[slice, ...]]:
    """Yield boxes that fill an array, each of at most 65536 entries that lie close in memory."""
    sizes = list(array.shape)
    for axis in sorted(range(array.ndim), key=lambda a: -abs(array.strides[a])):
        others = int(np.prod([n for a, n in enumerate(sizes) if a != axis]))
        sizes[axis] = min(sizes[axis], max(1, _PART // max(others, 1)))
    starts = (range(0, n, max(size, 1)) for n, size in zip(array.shape, sizes, strict=True))
    for start in product(*starts):
        yield tuple(slice(s, s + size) for s, size in zip(start, sizes, strict=True))


def require_labels(image: Image) -> None:
    """Raise `InputError` unless an image is one 3-D array of numbers."""
    array = image.stored
    if array.ndim != 3:
        msg = f"the labels are {array.ndim}-D, of shape {array.shape}; needed is one 3-D array"
        raise InputError(msg)
    if array.dtype.kind not in "biuf":
        msg = f"the labels are of type {array.dtype}; needed are whole numbers"
        raise InputError(msg)


def present_labels(image: Image) -> list[int]:
    """Return the different labels of an image but 0, rising.

    Floating-point labels are fine as long as they are whole to 1e-4. Raises `InputError` for
    labels that are not, not finite, negative, beyond 2^31, or of more than 65536 values.
    """
    require_labels(image)
    found = np.empty(0, dtype=np.int64)
    for part in parts_of(image.stored):
        found = np.union1d(found, _different(_whole(image.scaled(_once(image.stored[part])))))
        if found.size > _MOST_VALUES:
            msg = f"more than {_MOST_VALUES} different values; is this an image instead of a"
            raise InputError(msg + " segmentation?")
    return [int(label) for label in found if label != 0]


def numbered(image: Image, labels: Sequence[int]) -> Codes:
    """Return for every voxel the place of its label in `labels`, from 1; 0 for any other."""
    order = np.argsort(labels)
    rising = np.asarray(labels, dtype=np.int64)[order]
    codes = np.zeros(image.stored.shape, dtype=np.min_scalar_type(len(labels)))
    for part in parts_of(image.stored):
        whole = _whole(image.scaled(_once(image.stored[part])))
        place = np.minimum(np.searchsorted(rising, whole), rising.size - 1)
        found = np.where(rising[place] == whole, order[place] + 1, 0)
        if found.any():
            codes[part] = found
    return codes


def present_codes(codes: Codes) -> set[int]:
    """Return which numbers but 0 a numbered image holds."""
    found: set[int] = set()
    for part in parts_of(codes):
        found.update(_different(codes[part]).tolist())
    return found - {0}


def _once(part: NDArray[Any]) -> NDArray[Any]:
    """Return one voxel of a part whose voxels are all alike, as most are, or else the part."""
    first = part[:1, :1, :1]
    return first if (part == first).all() else part


def _different(whole: NDArray[Any]) -> NDArray[np.int64]:
    if whole.dtype.kind != "b" and whole.max() > _MOST_VALUES:
        return np.unique(whole).astype(np.int64)
    return np.flatnonzero(np.bincount(whole.ravel(order="K").astype(np.int64)))


def _whole(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as whole numbers of 0 or more."""
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        msg = "the labels are not all finite"
        raise InputError(msg)
    low, high = labels.min(), labels.max()
    if high > _HIGHEST or low < -_HIGHEST:
        msg = f"labels beyond {_HIGHEST} are not read; is this an image instead of a segmentation?"
        raise InputError(msg)
    whole = _rounded(labels) if labels.dtype.kind == "f" else labels
    if whole.min() < 0:
        msg = f"label {whole.min()} is negative; labels start at 1, and 0 is outside"
        raise InputError(msg)
    return whole


def _rounded(labels: NDArray[Any]) -> NDArray[np.int64]:
    values = labels.astype(np.float64)
    whole = np.rint(values).astype(np.int64)
    away = np.abs(values - whole)
    if away.max() > 1e-4:
        value = values.ravel()[away.argmax()]
        msg = f"label {value:g} is not a whole number"
        if 0.0 < value < 1.0:
            msg += "; shares of voxels, from 0 to 1, are read with partial_volume = true"
        raise InputError(msg)
    return whole
