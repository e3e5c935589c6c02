"""How a voxel grid lies in the patient: checks, and turning it to rising x, y, z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

Floats = NDArray[np.float64]
# Cosine beyond which two axes are taken for oblique, or for not at right angles.
_TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class VoxelGrid:
    """Whole-number labels (i, j, k), 0 outside, with the `affine` from indices to RAS mm.

    `aligned` says that i, j, k run along rising x, y, z; `factors` is the coarsening
    asked for along i, j, k. Each voxel of the image is `split` so many times along each axis, but
    not along that across a plane, `flat`.
    """

    labels: NDArray[Any]
    affine: Floats
    aligned: bool
    factors: tuple[int, int, int]
    split: int = 1
    flat: int | None = None

    @property
    def flat_dim(self) -> int | None:
        """The axis across a plane in the order of the dims, the reverse of i, j, k."""
        return None if self.flat is None else 2 - self.flat

    @property
    def spacing(self) -> Floats:
        """The voxel's edge lengths along i, j, k, mm."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    def place(self, indices: Floats) -> Floats:
        """Return the RAS position (..., 3) in mm of indices (..., 3)."""
        return indices @ self.affine[:3, :3].T + self.affine[:3, 3]


def checked_affine(affine: Any) -> Floats:
    """Return a (4, 4) affine; raise `InputError` if it is not finite, singular or sheared."""
    try:
        matrix = np.array(affine, dtype=float)
    except (TypeError, ValueError, OverflowError):
        matrix = np.empty(0)
    if matrix.shape != (4, 4):
        msg = f"the affine has the shape {matrix.shape}; needed is (4, 4)"
        raise InputError(msg)
    if not np.isfinite(matrix).all():
        msg = "the affine is not finite"
        raise InputError(msg)
    if not np.allclose(matrix[3], [0, 0, 0, 1]):
        msg = f"the affine's last row is {matrix[3].tolist()}; needed is [0, 0, 0, 1]"
        raise InputError(msg)
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    if spacing.min() < 1e-9 * spacing.max() or spacing.max() == 0:
        msg = f"the affine is singular: voxel spacing {spacing.tolist()} mm"
        raise InputError(msg)
    directions = matrix[:3, :3] / spacing
    if abs(np.linalg.det(directions)) < 1e-6:
        msg = "the affine is singular: its axes lie in a plane"
        raise InputError(msg)
    if np.abs(directions.T @ directions - np.eye(3)).max() > _TOLERANCE:
        msg = f"the affine is sheared: its axes must be at right angles within {_TOLERANCE:g}"
        raise InputError(msg)
    return matrix


def is_axis_aligned(affine: Floats) -> bool:
    """Return whether every voxel axis runs along one of the patient's."""
    directions = np.abs(affine[:3, :3]) / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.sort(directions, axis=0)[:2].max() <= _TOLERANCE)


def oriented(
    labels: NDArray[Any],
    affine: Floats,
    factors: tuple[int, int, int],
    flat: int | None = None,
) -> VoxelGrid:
    """Return the voxels with i, j, k along rising x, y, z; an oblique grid is left as it is."""
    if not is_axis_aligned(affine):
        return VoxelGrid(labels=labels, affine=affine, aligned=False, factors=factors, flat=flat)
    # along[a] is the voxel axis that runs along the world axis a.
    along = np.argmax(np.abs(affine[:3, :3]), axis=1)
    labels = labels.transpose(along)
    columns = affine[:3, :3][:, along]
    origin = affine[:3, 3].copy()
    for axis in range(3):
        if columns[axis, axis] < 0:
            labels = np.flip(labels, axis)
            origin += columns[:, axis] * (labels.shape[axis] - 1)
    turned = np.eye(4)
    # Whatever is left off the axes is round-off in the header.
    turned[:3, :3] = np.diag(np.linalg.norm(columns, axis=0))
    turned[:3, 3] = origin
    i, j, k = (factors[axis] for axis in along)
    across = None if flat is None else int(np.flatnonzero(along == flat)[0])
    return VoxelGrid(labels=labels, affine=turned, aligned=True, factors=(i, j, k), flat=across)
