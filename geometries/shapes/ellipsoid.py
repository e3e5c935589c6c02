"""An ellipsoid given by its axes, as voxels that hold its volume and surface exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.checks import MOST_CELLS, length_in_mm
from cartflow.geometries.geometry import Boundary, Coarse, Geometry
from cartflow.geometries.voxels.geometry import geometry_of_voxels
from cartflow.geometries.voxels.orientation import VoxelGrid

Floats = NDArray[np.float64]
_MOST_VOXELS = MOST_CELLS // 10


def ellipsoid(semi_axes: Sequence[float], spacing: float) -> Geometry:
    """Return an ellipsoid with the half axes (a, b, c) mm along x, y, z in cubic voxels.

    A field in it depends on three coordinates, so there are no shells. The voxels nearest to the
    centre, as the ellipsoid's own shape measures it, are taken until they fill
    ``4/3 pi a b c`` most nearly; `spacing` (mm) is then changed by the little that is wanting,
    and the areas of the ``rim`` are scaled to the surface
    ``4 pi a b c R_G(1/a^2, 1/b^2, 1/c^2)`` (DLMF 19.33.1). Raises `InputError` on bad sizes.
    """
    axes = _axes(semi_axes)
    step = length_in_mm(spacing, "ellipsoid spacing")
    volume, area = 4.0 / 3.0 * np.pi * float(np.prod(axes)), _area(axes)
    number = round(volume / step**3)
    if step > axes.min():
        least = f"the shortest half axis, {axes.min():g} mm"
        msg = f"ellipsoid spacing: got {step:g} mm; it must not be above {least}"
        raise InputError(msg)
    # Those of the box around are sorted with them.
    if number > _MOST_VOXELS:
        msg = f"ellipsoid spacing: got {step:g} mm; {number} voxels are more than {_MOST_VOXELS}"
        raise InputError(msg)
    inside = _nearest(axes / step, number)
    exact = (volume / number) ** (1.0 / 3.0)
    affine = np.diag([exact, exact, exact, 1.0])
    affine[:3, 3] = [-0.5 * exact * (n - 1) for n in inside.shape]
    grid = VoxelGrid(labels=inside.astype(np.int64), affine=affine, aligned=True, factors=(1, 1, 1))
    geometry = geometry_of_voxels(grid, {}, affine, (), drop_empty=False)
    return _named(geometry, area)


def _named(geometry: Geometry, area: float) -> Geometry:
    """Return the geometry, and what it becomes in coarse cells, with a rim of `area`."""
    coarse = partial(_coarse, geometry, area)
    rim = _scaled(geometry.boundary("rim"), area)
    return replace(geometry, name="ellipsoid", boundaries={"rim": rim}, build_coarse=coarse)


def _coarse(geometry: Geometry, area: float) -> Coarse:
    assert geometry.coarse is not None
    return replace(geometry.coarse, geometry=_named(geometry.coarse.geometry, area))


def _axes(semi_axes: Sequence[float]) -> Floats:
    given = isinstance(semi_axes, (Sequence, np.ndarray)) and not isinstance(semi_axes, str)
    if not given or len(semi_axes) != 3:
        msg = f"ellipsoid semi_axes: got {semi_axes!r}; give three lengths in mm"
        raise InputError(msg)
    return np.array([length_in_mm(a, "ellipsoid semi_axes") for a in semi_axes])


def _nearest(axes: Floats, number: int) -> NDArray[np.bool_]:
    """Return the `number` voxels nearest to the centre of half `axes`, which are in voxels."""
    reach = [int(np.ceil(a)) for a in axes]
    x, y, z = (np.arange(-m, m + 1) / a for m, a in zip(reach, axes, strict=True))
    distance = x[:, None, None] ** 2 + y[:, None] ** 2 + z**2
    order = np.argsort(distance, axis=None, kind="stable")
    inside = np.zeros(distance.size, dtype=bool)
    inside[order[:number]] = True
    return inside.reshape(distance.shape)


def _area(axes: Floats) -> float:
    from scipy.special import elliprg

    # Scaled by one axis, so that squares neither overflow nor vanish.
    largest = float(axes.max())
    a, b, c = axes / largest
    return float(4.0 * np.pi * a * b * c * elliprg(1 / a**2, 1 / b**2, 1 / c**2)) * largest**2


def _scaled(rim: Boundary, area: float) -> Boundary:
    """Return the boundary with its pieces scaled to `area`, and as far off as they then are."""
    factor = area / rim.area
    return Boundary(cells=rim.cells, areas=rim.areas * factor, distances=rim.distances * factor)
