"""Each cell's neighbours along the axes of the grid, from the mesh's faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.connectivity import Connectivity
from cartflow.geometries.geometry import Geometry

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Links:
    """`ahead` and `behind` (axes, cells): the neighbours, or the cell itself where there is none.

    Cells of unlike widths have more neighbours than axes, and as many rows as that takes. `axis`
    (the row), `first` and `second` give for each interior face of the mesh its axis, the cell
    before it and the one after; `sign` is -1 where the mesh counts its flux the other way.
    """

    ahead: Array
    behind: Array
    axis: Array
    first: Array
    second: Array
    sign: Array


def read_links(geometry: Geometry) -> Links:
    """Return the links of a geometry from the connectivity of its mesh."""
    faces = geometry.connectivity
    if faces.hanging is not None:
        axis, sign = faces.hanging.slots, np.ones_like(faces.owner)
        number = max(int(axis.max(initial=0)) + 1, geometry.active.ndim)
    else:
        axis, sign = _directions(geometry.active, faces)
        number = geometry.active.ndim
    first, second = faces.owner, faces.neighbour
    if not (sign > 0).all():
        first = np.where(sign > 0, faces.owner, faces.neighbour)
        second = np.where(sign > 0, faces.neighbour, faces.owner)
    alone = np.tile(np.arange(geometry.size, dtype=np.int32), (number, 1))
    ahead, behind = alone.copy(), alone
    ahead[axis, first] = second
    behind[axis, second] = first
    return Links(ahead=ahead, behind=behind, axis=axis, first=first, second=second, sign=sign)


def neighbours(geometry: Geometry) -> tuple[Array, Array]:
    """Return `ahead` and `behind` of its links, of a whole FiPy grid without asking for faces."""
    if geometry.listed or geometry.build_connectivity or not geometry.active.all():
        links = read_links(geometry)
        geometry.let_faces_go()
        return links.ahead, links.behind
    place = np.arange(geometry.size, dtype=np.int32).reshape(geometry.active.shape)
    ahead = np.tile(place, (place.ndim, *[1] * place.ndim))
    behind = ahead.copy()
    for axis in range(place.ndim):
        along = [np.moveaxis(each, axis, 0) for each in (place, ahead[axis], behind[axis])]
        along[1][:-1], along[2][1:] = along[0][1:], along[0][:-1]
    flat = (place.ndim, geometry.size)
    return ahead.reshape(flat), behind.reshape(flat)


def _directions(active: NDArray[np.bool_], faces: Connectivity) -> tuple[Array, Array]:
    """Return the axis of every face, and whether it leads forwards or back (1, -1)."""
    axis, sign = np.zeros((2, faces.owner.size), dtype=np.int8)
    for number, along in enumerate(np.nonzero(active)):
        place = along.astype(np.int32)
        apart = place[faces.neighbour] - place[faces.owner]
        axis[apart != 0] = number
        sign += np.sign(apart).astype(np.int8)
    return axis, sign


def spacings(geometry: Geometry) -> Array:
    """Return the distance of neighbours along each axis, mm; infinite where there are none."""
    axes = [geometry.coordinates[dim] for dim in geometry.dims]
    steps = [x[1] - x[0] if x.size > 1 else np.inf for x in axes]
    if geometry.affine is not None and _oblique(geometry.affine):
        # Places along the axes of an oblique grid are counted there.
        lengths = np.linalg.norm(geometry.affine[:3, :3], axis=0)[::-1]
        steps = [h if np.isfinite(s) else s for h, s in zip(lengths, steps, strict=True)]
    return np.array(steps)


def _oblique(affine: Array) -> bool:
    return bool(np.any(affine[:3, :3] != np.diag(np.diag(affine[:3, :3]))))
