"""A slab of tissue, for fronts, channels and invasion assays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cartflow.geometries.checks import positive
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.regions import Interval
from cartflow.geometries.shapes.shells import edges_of, row_of_cells


def slab(
    length: float | None = None,
    cells: int | None = None,
    area: float = 1.0,
    layers: Mapping[str, Interval] | None = None,
    *,
    grading: float | None = None,
    edges: Sequence[float] | None = None,
) -> Geometry:
    """Return a slab of `length` mm in `cells` equal cells, with a cross-section `area` (mm2).

    Boundaries ``left`` (x = 0, which depth is measured from) and ``right``. `layers` names
    regions ``{name: (from, to)}`` along x in mm, by cell centre. With `grading` (see
    `graded_edges`) cells are thinner at both ends and at the layers' edges; `edges` (mm, rising
    from 0) instead of length and cells gives any. Raises `InputError` on bad sizes.
    """
    x = edges_of(
        length, cells, edges, "slab length", grading=grading, surfaces=(0, -1), layers=layers
    )
    area = positive(area, "slab area")
    row = row_of_cells(
        name="slab",
        dim="x",
        edges=x,
        areas=np.full(x.size, area),
        volumes=np.diff(x) * area,
        boundaries={"left": 0, "right": -1},
        layers=layers,
        surfaces=(0,),
    )
    return replace(row, depth_below="the left surface")
