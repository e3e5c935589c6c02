"""A ball as shares of voxels: its volume, surface and depth, and what a film lets out."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.partial import partial_volume_mask

Array = np.ndarray
_PARTS = 8


def ball_of_shares(radius: float, seed: int) -> Geometry:
    """Return a ball of so many voxels of 1 mm, anywhere, from the shares that it fills of them."""
    off = np.random.default_rng(seed).uniform(-0.5, 0.5, 3)
    half = int(np.ceil(radius)) + 1
    x, y, z = (np.arange(-half, half + 1.0) + o for o in off)
    inner = (np.arange(_PARTS) - 0.5 * (_PARTS - 1)) / _PARTS
    held = np.zeros((x.size, y.size, z.size))
    for dx in inner:
        for dy in inner:
            flat = radius**2 - (x + dx)[:, None, None] ** 2 - (y + dy)[:, None] ** 2
            top = np.sqrt(np.maximum(flat, 0.0))
            length = np.minimum(z + 0.5, top) - np.maximum(z - 0.5, -top)
            held += np.maximum(length, 0.0)
    return partial_volume_mask(held / _PARTS**2, np.eye(4))


def shape_of(geometry: Geometry, radius: float) -> tuple[float, float, float]:
    """Return volume, area and mean depth over those of a ball (its mean depth is R / 4)."""
    volume = geometry.volume / (4.0 / 3.0 * np.pi * radius**3)
    area = geometry.boundary("rim").area / (4.0 * np.pi * radius**2)
    depth = float(geometry.depth @ geometry.cell_volumes) / geometry.volume
    return volume, area, depth / (0.25 * radius)
