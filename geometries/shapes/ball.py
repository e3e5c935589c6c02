"""A ball of tissue in concentric shells: a spheroid, or the simplest tumour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.regions import Interval
from cartflow.geometries.shapes.shells import edges_of, row_of_cells


def ball(
    radius: float | None = None,
    cells: int | None = None,
    layers: Mapping[str, Interval] | None = None,
    *,
    edges: Sequence[float] | None = None,
) -> Geometry:
    """Return a ball of `radius` mm in `cells` shells of equal thickness.

    Face areas are ``4 pi r^2``, volumes ``4/3 pi (r2^3 - r1^3)``, exactly; the boundary is
    ``rim``. `layers` names regions ``{name: (from, to)}`` along r in mm, by cell centre.
    `edges` (mm, rising from 0) instead of radius and cells gives unequal shells. Raises
    `InputError` on bad sizes.
    """
    r = edges_of(radius, cells, edges, "ball radius")
    # The difference of cubes, factored, loses no digits in thin shells.
    squares = r[1:] ** 2 + r[1:] * r[:-1] + r[:-1] ** 2
    return row_of_cells(
        name="ball",
        dim="r",
        edges=r,
        areas=4.0 * np.pi * r**2,
        volumes=4.0 / 3.0 * np.pi * np.diff(r) * squares,
        boundaries={"rim": -1},
        layers=layers,
    )
