"""Shapes of tensors: how a diffusivity is shared out among directions, its mean being one."""

from __future__ import annotations

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry

Array = np.ndarray

# The components of a shape, (cells, 6): row and column of each, along x, y and z.
ROWS, COLUMNS = np.triu_indices(3)
# An eigenvalue relative to the largest below which a tensor has no inverse to speak of.
_FLATTEST = 1e-4


def matrices(components: Array) -> Array:
    """Return the symmetric matrices (n, 3, 3) of components xx, xy, xz, yy, yz, zz (n, 6)."""
    found = np.empty((len(components), 3, 3))
    found[:, ROWS, COLUMNS] = found[:, COLUMNS, ROWS] = components
    return found


def components(tensors: Array) -> Array:
    """Return the components (n, 6) of symmetric matrices (n, 3, 3)."""
    return np.ascontiguousarray(tensors[:, ROWS, COLUMNS])


def directions(geometry: Geometry) -> list[int]:
    """Return which of x, y, z (0, 1, 2), or of a mask's i, j, k, a geometry has more cells along.

    They stand in the order of the axes of its grid.
    """
    shape = geometry.active.shape
    return [len(shape) - 1 - axis for axis, number in enumerate(shape) if number > 1]


def along_axes(geometry: Geometry, tensors: Array) -> Array:
    """Return tensors (n, 3, 3) along x, y, z as they are along the mesh's axes i, j, k."""
    if geometry.affine is None:
        return tensors
    turn = geometry.affine[:3, :3] / np.linalg.norm(geometry.affine[:3, :3], axis=0)
    return np.einsum("ka,nkl,lb->nab", turn, tensors, turn)


def split(geometry: Geometry, tensors: Array) -> tuple[Array, Array]:
    """Return the mean diffusivity (cells,) of tensors (cells, 3, 3) along x, y, z, and the shape.

    The mean is that over the directions that the geometry has. The shape (cells, 6) is the tensor
    over it, and 1 for all directions where nothing moves. Raises `InputError` for a tensor that
    is not positive definite.
    """
    kept = directions(geometry)
    own = along_axes(geometry, tensors)[:, kept][:, :, kept]
    values = np.linalg.eigvalsh(own)
    mean = values.mean(axis=1)
    still = np.all(np.abs(own) == 0.0, axis=(1, 2))
    flat = ~still & ~(values[:, 0] > _FLATTEST * values[:, -1])
    if flat.any():
        one = values[flat][0]
        msg = f"{int(flat.sum())} mesh cells have a tensor with the eigenvalues "
        msg += f"{', '.join(f'{v:.3g}' for v in one)}; needed are ones above 0, none less than "
        raise InputError(msg + f"{_FLATTEST:g} of the largest")
    shape = np.where(
        still[:, None, None], np.eye(3), tensors / np.where(still, 1.0, mean)[:, None, None]
    )
    return np.where(still, 0.0, mean), components(shape)


def on_lattice(geometry: Geometry, anisotropy: Array, spacings: Array) -> Array:
    """Return shapes (cells, d, d) in steps of the grid, mm^-2, along its axes longer than one.

    `spacings` (mm) are those of all axes. Those of one layer are as in a plane: nothing changes
    across.
    """
    kept = directions(geometry)
    steps = spacings[np.array(geometry.active.shape) > 1]
    own = along_axes(geometry, matrices(anisotropy))[:, kept][:, :, kept]
    return np.ascontiguousarray(own / np.outer(steps, steps))
