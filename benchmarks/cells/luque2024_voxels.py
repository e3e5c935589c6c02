"""Two rules of Luque et al. 2024 that hang on the voxels of their code, beside the study.

In that code a CAR T cell is pulled to all other cells in its own voxel of 30 um, at 0.01 /min times
the distance, and attaches to those alone. `own_voxels` lets a run do so: what it changes is not the
study's, and ends with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from cartflow.cells.run import motion
from cartflow.cells.run.motion import Motion

Array = np.ndarray
EDGE, PULL = 0.03, 0.01 * 1440.0  # mm, 1/day
_APART = 1.0  # mm between voxels, farther than any reach


@contextmanager
def own_voxels(hunter: int) -> Iterator[None]:
    """Let cells of the kind `hunter` be pulled within their own voxels, and attach there alone."""
    met, push = motion.met, Motion._push

    def met_in_voxel(cells, *rest):  # type: ignore[no-untyped-def]
        # Voxels moved apart leave distances within each what they are.
        apart = cells.position + _APART * np.floor(cells.position / EDGE)
        after = met(replace(cells, position=apart), *rest)
        return replace(after, position=cells.position[np.isin(cells.name, after.name)])

    def pushed_and_pulled(self, cells, spheres):  # type: ignore[no-untyped-def]
        velocity, touching = push(self, cells, spheres)
        return velocity + pulled(cells.position, cells.kind == hunter), touching

    motion.met, Motion._push = met_in_voxel, pushed_and_pulled  # type: ignore[method-assign]
    try:
        yield
    finally:
        motion.met, Motion._push = met, push  # type: ignore[method-assign]


def pulled(position: Array, hunts: Array) -> Array:
    """Return the velocity (n, 3) of those that hunt to all others in their voxels, mm/day."""
    _, voxel = np.unique(np.floor(position / EDGE), axis=0, return_inverse=True)
    voxel = voxel.reshape(-1)
    others = np.where(hunts, 0.0, 1.0)
    number = np.bincount(voxel, others)[voxel]
    found = np.zeros_like(position)
    for axis in range(3):
        sums = np.bincount(voxel, others * position[:, axis])[voxel]
        found[:, axis] = np.where(hunts, PULL * (sums - number * position[:, axis]), 0.0)
    return found
