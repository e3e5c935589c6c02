"""A label image as it stands in a file, and what its voxels mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

# More than an image of 1000 x 1000 x 1000, and what one array of a byte a voxel needs in memory.
_MOST_VOXELS = 2**30
_FARTHEST = 1e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """An array (i, j, k) and the `affine` (4, 4) from voxel indices to RAS mm.

    A voxel's label is `stored * slope + intercept`. `qform` is the file's second affine
    where it has one that disagrees with the first; `names` are the labels of the segments
    that a segmentation names.
    """

    stored: NDArray[Any]
    affine: NDArray[np.float64]
    slope: float = 1.0
    intercept: float = 0.0
    qform: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()
    names: Mapping[str, int] | None = None

    @property
    def labels(self) -> NDArray[Any]:
        """The label of every voxel, (i, j, k)."""
        return self.scaled(self.stored)

    def scaled(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return the labels that stand for a part of what is stored."""
        if self.slope == 1.0 and self.intercept == 0.0:
            return stored
        return stored.astype(np.float64) * self.slope + self.intercept


def three_sizes(sizes: list[int]) -> tuple[int, int, int]:
    """Return the sizes of a 3-D image; further axes of size 1 are left out.

    Raises `InputError` for sizes below 1, another number of axes, or too many voxels.
    """
    shape = tuple(sizes)
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    if len(sizes) != 3:
        msg = f"the image is {len(shape)}-D, of shape {shape}; needed is one 3-D image"
        msg += "; of a series or a tensor take one map"
        raise InputError(msg)
    if min(sizes) < 1:
        msg = f"the image has the shape {shape}; every size must be at least 1"
        raise InputError(msg)
    i, j, k = sizes
    require_voxels(i * j * k)
    return i, j, k


def require_voxels(number: int) -> None:
    """Raise `InputError` unless an image has at least one voxel, and not too many."""
    if not 0 < number <= _MOST_VOXELS:
        msg = f"the image has {number} voxels; at most {_MOST_VOXELS} are read"
        raise InputError(msg)


def require_finite(affine: NDArray[np.float64]) -> None:
    """Raise `InputError` unless an affine is finite, and such that its lengths can be told."""
    if not np.isfinite(affine).all():
        msg = "the affine is not finite"
        raise InputError(msg)
    if np.abs(affine).max() > _FARTHEST:
        msg = f"the affine holds {np.abs(affine).max():.3g}; at most {_FARTHEST:g} mm are read"
        raise InputError(msg)
