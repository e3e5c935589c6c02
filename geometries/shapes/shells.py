"""What slabs and balls share: cells in a row, each between two edges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.checks import MOST_CELLS, increasing_edges, positive, whole
from cartflow.geometries.geometry import Boundary, Geometry
from cartflow.geometries.regions import Interval, layers_along, named_regions

Floats = NDArray[np.float64]


def edges_of(length: float | None, cells: int | None, edges: Any, what: str) -> Floats:
    """Return the cell edges in mm, from a length and a number of equal cells or as given."""
    if edges is None:
        extent, number = positive(length, f"{what}"), whole(cells, f"{what} cells", MOST_CELLS)
        return np.linspace(0.0, extent, number + 1)
    if length is not None or cells is not None:
        msg = f"{what}: give a size and a number of cells, or edges, not both"
        raise InputError(msg)
    return increasing_edges(edges, what)


def row_of_cells(
    *,
    name: str,
    dim: str,
    edges: Floats,
    areas: Floats,
    volumes: Floats,
    boundaries: Mapping[str, int],
    layers: Mapping[str, Interval] | None,
) -> Geometry:
    """Return the geometry of cells between `edges`; `boundaries` name the edges 0 and n.

    The surface that depth is measured from is the boundary named first.
    """
    centres = 0.5 * (edges[1:] + edges[:-1])
    surface = edges[next(iter(boundaries.values()))]
    depth = np.abs(centres - surface)
    own = layers_along(centres, layers, float(edges[-1]), name)
    return Geometry(
        name=name,
        dims=(dim,),
        coordinates={dim: centres},
        active=np.ones(volumes.size, dtype=bool),
        cell_volumes=volumes,
        centres=centres[:, None],
        depth=depth,
        regions=named_regions(depth, own, name),
        boundaries={boundary: _end(edges, areas, edge) for boundary, edge in boundaries.items()},
        build_mesh=partial(_build_mesh, edges, areas, volumes),
    )


def _end(edges: Floats, areas: Floats, edge: int) -> Boundary:
    """Return the one face at the first (0) or the last (-1) edge."""
    cell = 0 if edge == 0 else edges.size - 2
    half = 0.5 * (edges[cell + 1] - edges[cell])
    return Boundary(
        cells=np.array([cell]), areas=np.array([areas[edge]]), distances=np.array([half])
    )


def _build_mesh(edges: Floats, areas: Floats, volumes: Floats) -> Any:
    from cartflow.geometries.shapes.shell_mesh import ShellMesh

    return ShellMesh(edges, areas, volumes)
