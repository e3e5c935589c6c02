"""Images of filled shares, of shapes that are known exactly."""

import numpy as np


def shares(radius, voxel, seed, parts=8):
    """Return how much of every voxel a ball anywhere fills, exactly along z, and its middle."""
    off = np.random.default_rng(seed).uniform(-0.5, 0.5, 3) * voxel
    axes = [
        np.arange(-int(radius / h) - 2, int(radius / h) + 3) * h - o
        for h, o in zip(voxel, off, strict=True)
    ]
    inner = (np.arange(parts) - 0.5 * (parts - 1)) / parts
    held = np.zeros([len(a) for a in axes])
    for dx in inner * voxel[0]:
        for dy in inner * voxel[1]:
            flat = radius**2 - (axes[0] + dx)[:, None, None] ** 2 - (axes[1] + dy)[:, None] ** 2
            top = np.sqrt(np.maximum(flat, 0.0))
            low = np.maximum(axes[2] - 0.5 * voxel[2], -top)
            held += np.maximum(np.minimum(axes[2] + 0.5 * voxel[2], top) - low, 0.0) / voxel[2]
    affine = np.diag([*voxel, 1.0])
    affine[:3, 3] = [a[0] for a in axes]
    return held / parts**2, affine
