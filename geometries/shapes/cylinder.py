"""A cylinder of tissue in concentric shells, whole (a cord) or around a vessel (Krogh's)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.checks import length_in_mm
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


def cylinder(
    radius: float,
    cells: int,
    length: float = 1.0,
    layers: Mapping[str, Interval] | None = None,
    *,
    grading: float | None = None,
) -> Geometry:
    """Return a cylinder of `radius` and `length` mm in `cells` shells around its axis.

    Areas are ``2 pi r L``, volumes ``pi (r2^2 - r1^2) L``, exactly. The boundary is ``rim``, the
    mantle; through the ends nothing passes, and fields vary along r alone. `layers` and
    `grading` as in `ball`. Raises `InputError` on bad sizes.
    """
    r = edges_of(
        radius, cells, None, "cylinder radius", grading=grading, surfaces=(-1,), layers=layers
    )
    areas, volumes = _areas_and_volumes(r, length_in_mm(length, "cylinder length"))
    return whole_row(name="cylinder", edges=r, areas=areas, volumes=volumes, layers=layers)


def cylindrical_shell(
    inner_radius: float,
    radius: float,
    cells: int,
    length: float = 1.0,
    layers: Mapping[str, Interval] | None = None,
    *,
    grading: float | None = None,
    depth_from: DepthFrom = "nearest",
) -> Geometry:
    """Return the tissue between a vessel and an outer cylinder: Krogh's, or a cord around it.

    As `cylinder`, with the boundaries ``rim`` (outside) and ``wall`` (the vessel's); depth is to
    the nearest of them or to the one named. Layers run along r in mm from the axis.
    """
    what = "cylindrical_shell"
    r = hollow_edges(inner_radius, radius, cells, what, grading=grading, layers=layers)
    areas, volumes = _areas_and_volumes(r, length_in_mm(length, f"{what} length"))
    return hollow_row(
        name="cylindrical shell",
        edges=r,
        areas=areas,
        volumes=volumes,
        layers=layers,
        depth_from=depth_from,
    )


def _areas_and_volumes(r: Floats, length: float) -> tuple[Floats, Floats]:
    return 2.0 * np.pi * r * length, np.pi * np.diff(r) * (r[1:] + r[:-1]) * length
