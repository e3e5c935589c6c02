"""Mesh cells and their neighbours, as lists that kernels walk along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.geometries.geometry import Geometry

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbours:
    """The neighbours of mesh cell i are the `to` from `start[i]` to `start[i + 1]`.

    `passed` is what passes the face between them a day per unit of difference at a diffusivity of
    1, in mm, and `volumes` (mesh cells) are in mm3. `order` is that of the neighbours among the
    faces from owner to neighbour, and then those from neighbour to owner.
    """

    start: Array
    to: Array
    passed: Array
    volumes: Array
    order: Array


def neighbours_of(geometry: Geometry) -> Neighbours:
    """Return the neighbours of every mesh cell, in the order of their numbers."""
    faces = geometry.connectivity
    here = np.concatenate([faces.owner, faces.neighbour])
    there = np.concatenate([faces.neighbour, faces.owner])
    passed = np.concatenate([faces.conductances] * 2)
    order = np.lexsort((there, here))
    start = np.searchsorted(here[order], np.arange(geometry.size + 1))
    return Neighbours(
        start=start.astype(np.int64),
        to=there[order].astype(np.int64),
        passed=np.asarray(passed[order], dtype=float),
        volumes=geometry.cell_volumes,
        order=order,
    )
