"""One layer of voxels as a domain in two dimensions: without a surface above and below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

NOTE = (
    "one layer of voxels, taken for a plane without a surface above and below "
    "(planar = false: a slab with both)"
)


def flat_axis(planar: bool | None, image: Sequence[int], tumour: Sequence[int]) -> int | None:
    """Return the axis across a planar mask, or None for a body.

    `image` and `tumour` are the shapes of the whole image and of the box around the tumour. Where
    `planar` is None an image of one slice is a plane. Raises `InputError` for one that is none.
    """
    slices = [axis for axis, n in enumerate(image) if n == 1]
    if planar is None:
        return slices[0] if len(slices) == 1 else None
    if not planar:
        return None
    layers = slices or [axis for axis, n in enumerate(tumour) if n == 1]
    if len(layers) != 1:
        shape = " x ".join(map(str, tumour))
        msg = f"planar: got true for a tumour of {shape} voxels; needed is one layer of them"
        raise InputError(msg)
    return layers[0]


def in_plane(
    work: Callable[[NDArray[Any]], NDArray[Any]], grid: NDArray[Any], flat: int | None
) -> NDArray[Any]:
    """Return what `work` makes of `grid`, or of its one layer across the axis `flat`."""
    if flat is None:
        return work(grid)
    return np.expand_dims(work(np.squeeze(grid, axis=flat)), flat)


def without(lengths: NDArray[Any], flat: int | None) -> NDArray[Any]:
    """Return `lengths` (..., axes) without that across the plane."""
    return lengths if flat is None else np.delete(lengths, flat, axis=-1)
