"""Two rules of Luque et al. 2024 that hang on the voxels of their code, beside the study.

In that code a CAR T cell is pulled to all other cells in its own voxel of 30 um, at 0.01 /min times
the distance, and attaches to those alone. luque2024_rules.py lets runs do so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

Array = np.ndarray
EDGE, PULL = 0.03, 0.01 * 1440.0  # mm, 1/day
_APART = 1.0  # mm between voxels, farther than any reach


def met_in_voxels(met, cells, *rest):  # type: ignore[no-untyped-def]
    """Return the cells after contacts by `met` between those of one voxel alone."""
    # Voxels moved apart leave distances within each what they are.
    apart = cells.position + _APART * np.floor(cells.position / EDGE)
    after = met(replace(cells, position=apart), *rest)
    return replace(after, position=cells.position[lived(cells, after)])


def lived(before, after):  # type: ignore[no-untyped-def]
    """Return which of the cells `before` (bool) are those `after` contacts."""
    if after.size == before.size:
        return np.ones(before.size, dtype=bool)
    return np.isin(before.name, after.name)


def pulled(position: Array, hunts: Array) -> Array:
    """Return the velocity (n, 3) of those that hunt to all others in their voxels, mm/day."""
    index = np.floor(position / EDGE).astype(int)
    index -= index.min(axis=0)
    voxel = np.ravel_multi_index(tuple(index.T), tuple(index.max(axis=0) + 1))
    others = np.where(hunts, 0.0, 1.0)
    number = np.bincount(voxel, others)[voxel]
    found = np.zeros_like(position)
    for axis in range(3):
        sums = np.bincount(voxel, others * position[:, axis])[voxel]
        found[:, axis] = np.where(hunts, PULL * (sums - number * position[:, axis]), 0.0)
    return found
