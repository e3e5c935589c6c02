"""A ball of tissue in concentric shells, whole (a spheroid) or hollow (around a cavity)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.regions import Interval
from cartflow.geometries.shapes.shells import (
    DepthFrom,
    edges_of,
    hollow_edges,
    hollow_row,
    whole_row,
)

Floats = NDArray[np.float64]


def ball(
    radius: float | None = None,
    cells: int | None = None,
    layers: Mapping[str, Interval] | None = None,
    *,
    grading: float | None = None,
    edges: Sequence[float] | None = None,
) -> Geometry:
    """Return a ball of `radius` mm in `cells` shells of equal thickness.

    Face areas are ``4 pi r^2``, volumes ``4/3 pi (r2^3 - r1^3)``, exactly; the boundary is
    ``rim``. `layers` names regions ``{name: (from, to)}`` along r in mm, by cell centre.
    With `grading` (see `graded_edges`) shells are thinner at the rim and at the layers' edges;
    `edges` (mm, rising from 0) instead of radius and cells gives any. Raises `InputError` on
    bad sizes.
    """
    r = edges_of(
        radius, cells, edges, "ball radius", grading=grading, surfaces=(-1,), layers=layers
    )
    areas, volumes = areas_and_volumes(r)
    return whole_row(name="ball", edges=r, areas=areas, volumes=volumes, layers=layers)


def hollow_ball(
    inner_radius: float,
    radius: float,
    cells: int,
    layers: Mapping[str, Interval] | None = None,
    *,
    grading: float | None = None,
    depth_from: DepthFrom = "nearest",
) -> Geometry:
    """Return what lies between two spheres, as around a resection cavity, in concentric shells.

    Areas and volumes are exact; the boundaries are ``rim`` (outside) and ``wall`` (inside), and
    depth is to the nearest of them or to the one named. Layers run along r in mm from the centre
    of the hole; with `grading` shells are thinner at both boundaries and at layers' edges.
    Raises `InputError` on bad sizes.
    """
    r = hollow_edges(inner_radius, radius, cells, "hollow_ball", grading=grading, layers=layers)
    areas, volumes = areas_and_volumes(r)
    return hollow_row(
        name="hollow ball",
        edges=r,
        areas=areas,
        volumes=volumes,
        layers=layers,
        depth_from=depth_from,
    )


def areas_and_volumes(r: Floats) -> tuple[Floats, Floats]:
    """Return ``4 pi r^2`` (mm2) at the edges r and ``4/3 pi (r2^3 - r1^3)`` (mm3) between them."""
    # The difference of cubes, factored, loses no digits in thin shells.
    squares = r[1:] ** 2 + r[1:] * r[:-1] + r[:-1] ** 2
    return 4.0 * np.pi * r**2, 4.0 / 3.0 * np.pi * np.diff(r) * squares
