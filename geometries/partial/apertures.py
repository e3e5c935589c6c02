"""How much of the faces between voxels a partial-volume mask leaves open, and its surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.partial.planes import Planes, planes
from cartflow.geometries.partial.shares import EMPTY, FULL

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A partial-volume mask on a grid with a margin, as volumes, open faces and surface pieces.

    `fractions` is the filled share of every voxel, `open` for each axis that of the face ahead of
    every voxel; `planes` are those of all voxels that hold a piece of the surface, of `areas` mm2.
    """

    fractions: Floats
    open: tuple[Floats, ...]
    planes: Planes
    areas: Floats


def cut(fractions: Floats, voxel: Floats, flat: int | None = None) -> Cut:
    """Return volumes, apertures and surface of `fractions` with an empty margin of four voxels.

    Across the axis `flat`, if there is one, all layers are alike. A face takes the mean of what
    the planes on its two sides leave of it, all beside a full voxel and nothing beside an empty
    one. What is missing of the faces around a voxel is, as a vector, the piece of surface in it
    (Gauss), and counts along the voxel's normal.
    """
    held = np.where(fractions < EMPTY, 0.0, np.where(fractions > FULL, 1.0, fractions))
    there, full = held > 0.0, held == 1.0
    found = planes(held, there & ~_surrounded(full), voxel, flat)
    sides = _sides(found, held.shape, full)
    openings, missing = [], np.zeros(found.depth.size)
    at = tuple(found.places)
    for axis, area in enumerate(np.prod(voxel) / voxel):
        low, high = sides[axis]
        # The face ahead: seen from this voxel, and from the next one.
        ahead = _between(high, np.roll(low, -1, axis), there, full, axis)
        openings.append(ahead)
        net = (np.roll(ahead, 1, axis) - ahead)[at]
        missing += net * found.normal[axis] * area
    return Cut(fractions=held, open=tuple(openings), planes=found, areas=np.maximum(missing, 0.0))


def _surrounded(full: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import binary_erosion

    return np.asarray(binary_erosion(full))


def _sides(
    found: Planes, shape: tuple[int, ...], full: NDArray[np.bool_]
) -> list[tuple[Floats, Floats]]:
    """Return for each axis what every voxel leaves of its faces behind and ahead."""
    at, result = tuple(found.places), []
    for left in found.left:
        pair = []
        for share in left:
            whole = np.zeros(shape)
            whole[at] = share
            whole[full] = 1.0
            pair.append(whole)
        result.append((pair[0], pair[1]))
    return result


def _between(
    mine: Floats, other: Floats, there: NDArray[np.bool_], full: NDArray[np.bool_], axis: int
) -> Floats:
    next_there, next_full = np.roll(there, -1, axis), np.roll(full, -1, axis)
    share = np.where(full | next_full, 1.0, 0.5 * (mine + other))
    return np.where(there & next_there, share, 0.0)
