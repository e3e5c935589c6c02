"""A lobulated tumour made by code, where no patient's image may be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.checks import MOST_CELLS, as_number, positive, whole

Floats = NDArray[np.float64]
# How far a lobe stands out against the radius, and how narrow it is.
_HEIGHT = 1.2
_NARROWNESS = 12.0
_MOST_LOBES = 50
_LARGEST_SEED = 2**32 - 1


def lobulated_phantom(
    volume: float = 16000.0,
    spacing: float | Sequence[float] = 2.0,
    lobes: int = 5,
    seed: int = 1,
    core_fraction: float = 0.3,
) -> tuple[NDArray[np.int64], Floats]:
    """Return (labels, affine) of a lobulated tumour of `volume` mm3 at `spacing` mm.

    A ball whose radius swells around `lobes` directions e drawn with `seed`:
    ``R(n) = R0 (1 + 1.2 sum exp(12 (n.e - 1)))``. The voxels deepest in that shape fill the
    volume to the nearest voxel; label 2 is the innermost `core_fraction` of them, 1 the rest.
    The default is a brain tumour of 16 mL in 2000 voxels. Raises `InputError` on bad sizes.
    """
    volume = positive(volume, "phantom volume")
    step = _steps(spacing)
    fraction = as_number(core_fraction, "phantom core_fraction")
    if not 0 < fraction < 1:
        msg = f"phantom core_fraction: got {core_fraction}; it must lie between 0 and 1"
        raise InputError(msg)
    number = round(volume / float(np.prod(step)))
    if number < 2:
        msg = f"phantom spacing: got {spacing}; a volume of {volume:g} mm3 holds no two voxels"
        raise InputError(msg)
    if number > MOST_CELLS / 100:
        msg = f"phantom spacing: got {spacing}; {number} voxels are more than {MOST_CELLS // 100}"
        raise InputError(msg)
    directions = _directions(
        whole(lobes, "phantom lobes", _MOST_LOBES), whole(seed, "phantom seed", _LARGEST_SEED)
    )
    axes = _axes(volume, step, directions)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    nearness = _relative_radius(points, directions).ravel()
    order = np.argsort(nearness, kind="stable")
    labels = np.zeros(nearness.size, dtype=np.int64)
    labels[order[:number]] = 1
    labels[order[: max(1, round(fraction * number))]] = 2
    affine = np.diag([*step, 1.0])
    affine[:3, 3] = [axis[0] for axis in axes]
    return labels.reshape(points.shape[:3]), affine


def _steps(spacing: float | Sequence[float]) -> Floats:
    values = list(spacing) if isinstance(spacing, (Sequence, np.ndarray)) else [spacing] * 3
    if len(values) != 3:
        msg = f"phantom spacing: got {spacing!r}; give one length or three in mm"
        raise InputError(msg)
    return np.array([positive(value, "phantom spacing") for value in values])


def _directions(lobes: int, seed: int) -> Floats:
    drawn = np.random.default_rng(seed).standard_normal((lobes, 3))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _axes(volume: float, step: Floats, directions: Floats) -> list[Floats]:
    """Return voxel centres along x, y, z, around 0 and wide enough for every lobe."""
    radius = (3.0 * volume / (4.0 * np.pi)) ** (1.0 / 3.0)
    # R0 is at most the radius of the ball; lobes that overlap can add up a little beside them.
    reach = 1.1 * radius / _relative_radius(directions, directions).min()
    half = np.ceil(reach / step).astype(int)
    return [np.arange(-n, n + 1) * h for n, h in zip(half, step, strict=True)]


def _relative_radius(points: Floats, directions: Floats) -> Floats:
    """Return each point's distance from the middle over the radius in its direction."""
    distance = np.linalg.norm(points, axis=-1)
    unit = points / np.maximum(distance, 1e-12)[..., None]
    swelling = np.exp(_NARROWNESS * (unit @ directions.T - 1.0)).sum(axis=-1)
    return distance / (1.0 + _HEIGHT * swelling)
