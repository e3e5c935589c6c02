"""Bodies whose surface is known, as voxels that lie anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation
from scipy.special import elliprg

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.mask import voxel_mask

Array = np.ndarray
_AXES = np.array([2.25, 1.875, 1.5])


@dataclass(frozen=True, kw_only=True)
class Body:
    """Points inside a body whose smallest radius of curvature is 1, its reach and its area."""

    inside: Callable[[Array], Array]
    reach: float
    area: float


def _ball(p: Array) -> Array:
    return np.asarray((p**2).sum(axis=-1) <= 1.0)


def _ellipsoid(p: Array) -> Array:
    # c^2 / a = 1.
    return np.asarray(((p / _AXES) ** 2).sum(axis=-1) <= 1.0)


def _torus(p: Array) -> Array:
    return np.asarray((np.hypot(p[..., 0], p[..., 1]) - 2.5) ** 2 + p[..., 2] ** 2 <= 1.0)


def _shell(p: Array) -> Array:
    return _ball(p / 1.6) & ~_ball(p)


BODIES = {
    "ball": Body(inside=_ball, reach=1.0, area=4.0 * np.pi),
    "ellipsoid": Body(
        inside=_ellipsoid,
        reach=2.25,
        area=float(4.0 * np.pi * np.prod(_AXES) * elliprg(*_AXES**-2.0)),
    ),
    "torus": Body(inside=_torus, reach=3.5, area=4.0 * np.pi**2 * 2.5),
    "shell": Body(inside=_shell, reach=1.6, area=4.0 * np.pi * (1.0 + 1.6**2)),
}


def placed(body: Body, voxels: float, seed: int) -> Geometry:
    """Return the mask of a body turned and moved at random, its radius so many voxels of 1 mm."""
    random = np.random.default_rng(seed)
    half = int(np.ceil(body.reach * voxels)) + 1
    axis = np.arange(-half, half + 1.0)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    points += random.uniform(-0.5, 0.5, 3)
    turned = points @ Rotation.random(random_state=seed).as_matrix()
    return voxel_mask(body.inside(turned / voxels), np.eye(4))


def area_ratio(name: str, voxels: float, seed: int) -> float:
    """Return the area that acts on the mask's boundaries over the body's own."""
    geometry = placed(BODIES[name], voxels, seed)
    area = sum(boundary.area for boundary in geometry.boundaries.values())
    return area / (BODIES[name].area * voxels**2)
