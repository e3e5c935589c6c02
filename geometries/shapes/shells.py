"""What slabs, balls and cylinders share: cells in a row, each between two edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cartflow.core.arguments import table
from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.checks import MOST_CELLS, increasing_edges, length_in_mm, whole
from cartflow.geometries.connectivity import Connectivity
from cartflow.geometries.geometry import Boundary, Coarse, Geometry, groups
from cartflow.geometries.regions import Interval, interval_within, layers_along, named_regions
from cartflow.geometries.shapes.grading import graded_edges

Floats = NDArray[np.float64]
Regions = Mapping[str, NDArray[np.bool_]]


def edges_of(
    length: float | None,
    cells: int | None,
    edges: Any,
    what: str,
    *,
    grading: float | None = None,
    surfaces: Sequence[int] = (),
    layers: Mapping[str, Interval] | None = None,
) -> Floats:
    """Return the cell edges in mm, from a length and a number of cells or as given.

    The cells are equal, or with `grading` thinner at the `surfaces` (edges 0 and -1) and at the
    edges of `layers`.
    """
    if edges is None:
        extent = length_in_mm(length, what)
        return edges_between(
            0.0, extent, cells, what, grading=grading, surfaces=surfaces, layers=layers
        )
    if length is not None or cells is not None or grading is not None:
        msg = f"{what}: give a size and a number of cells, or edges, not both"
        raise InputError(msg)
    return increasing_edges(edges, what)


def edges_between(
    start: float,
    end: float,
    cells: int | None,
    what: str,
    *,
    grading: float | None,
    surfaces: Sequence[int],
    layers: Mapping[str, Interval] | None,
) -> Floats:
    """As `edges_of`, of cells that begin at `start`."""
    number = whole(cells, f"{what} cells", MOST_CELLS)
    if grading is None:
        return np.linspace(start, end, number + 1)
    fine_at = [(start, end)[surface] for surface in surfaces]
    for name, interval in table(layers, f"{what}: layers").items():
        fine_at += interval_within(interval, end, f"{what}: layer '{name}'", start)
    return graded_edges(start, end, number, grading, fine_at, what)


DepthFrom = Literal["nearest", "wall", "rim"]


def hollow_edges(
    inner_radius: float,
    radius: float,
    cells: int,
    what: str,
    *,
    grading: float | None,
    layers: Mapping[str, Interval] | None,
) -> Floats:
    """Return the edges (mm) of shells around a hole; raise `InputError` unless it is smaller."""
    inner = length_in_mm(inner_radius, f"{what} inner_radius")
    outer = length_in_mm(radius, f"{what} radius")
    if inner >= outer:
        msg = f"{what} inner_radius: got {inner:g} mm; it must be below the radius, {outer:g} mm"
        raise InputError(msg)
    return edges_between(
        inner, outer, cells, what, grading=grading, surfaces=(0, -1), layers=layers
    )


def whole_row(
    *,
    name: str,
    edges: Floats,
    areas: Floats,
    volumes: Floats,
    layers: Mapping[str, Interval] | None,
) -> Geometry:
    """Return the geometry of shells around a centre or axis, with the boundary ``rim``."""
    return row_of_cells(
        name=name,
        dim="r",
        edges=edges,
        areas=areas,
        volumes=volumes,
        boundaries={"rim": -1},
        layers=layers,
        surfaces=(-1,),
    )


def hollow_row(
    *,
    name: str,
    edges: Floats,
    areas: Floats,
    volumes: Floats,
    layers: Mapping[str, Interval] | None,
    depth_from: DepthFrom,
) -> Geometry:
    """Return the geometry of shells around a hole, with the boundaries ``rim`` and ``wall``."""
    require_known(depth_from, get_args(DepthFrom), f"{name} depth_from")
    surfaces = {"nearest": (0, -1), "wall": (0,), "rim": (-1,)}[depth_from]
    words = "the nearest of rim and wall" if depth_from == "nearest" else f"the {depth_from}"
    geometry = row_of_cells(
        name=name,
        dim="r",
        edges=edges,
        areas=areas,
        volumes=volumes,
        boundaries={"rim": -1, "wall": 0},
        layers=layers,
        surfaces=surfaces,
    )
    return replace(geometry, depth_below=words)


def row_of_cells(
    *,
    name: str,
    dim: str,
    edges: Floats,
    areas: Floats,
    volumes: Floats,
    boundaries: Mapping[str, int],
    layers: Mapping[str, Interval] | None,
    surfaces: Sequence[int],
) -> Geometry:
    """Return the geometry of cells between `edges`; `boundaries` name the edges 0 and -1.

    Depth is the distance to the nearest of the `surfaces`, edges too.
    """
    centres = 0.5 * (edges[1:] + edges[:-1])
    depth = np.abs(centres - edges[list(surfaces), None]).min(axis=0)
    own = layers_along(centres, layers, float(edges[-1]), name, float(edges[0]))
    regions = named_regions(depth, own, name)
    return Geometry(
        name=name,
        dims=(dim,),
        coordinates={dim: centres},
        active=np.ones(volumes.size, dtype=bool),
        cell_volumes=volumes,
        centres=centres[:, None],
        depth=depth,
        regions=regions,
        boundaries={boundary: _end(edges, areas, edge) for boundary, edge in boundaries.items()},
        build_mesh=partial(_build_mesh, edges, areas, volumes),
        build_connectivity=partial(_connectivity, edges, areas),
        build_coarse=partial(
            _coarse,
            {"name": name, "dim": dim, "boundaries": boundaries, "surfaces": surfaces},
            edges,
            areas,
            volumes,
            regions,
        ),
    )


def _coarse(
    same: dict[str, Any], edges: Floats, areas: Floats, volumes: Floats, regions: Regions
) -> Coarse:
    """Return the row with two cells in one, within the same regions; three where one is left."""
    first = _pairs(np.array(list(regions.values())))
    kept = np.append(first, volumes.size)
    geometry = row_of_cells(
        edges=edges[kept],
        areas=areas[kept],
        volumes=np.add.reduceat(volumes, first),
        layers=None,
        **same,
    )
    own = {name: cells[first] for name, cells in regions.items()}
    group = np.searchsorted(first, np.arange(volumes.size), side="right") - 1
    return groups(replace(geometry, regions=own), group, volumes)


def _pairs(regions: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first cells of pairs, each within the same of the `regions` (regions, cells)."""
    borders = np.flatnonzero((regions[:, 1:] != regions[:, :-1]).any(axis=0)) + 1
    ends = [0, *borders.tolist(), regions.shape[1]]
    return np.concatenate([np.arange(a, max(b - 1, a + 1), 2) for a, b in pairwise(ends)])


def _end(edges: Floats, areas: Floats, edge: int) -> Boundary:
    """Return the one face at the first (0) or the last (-1) edge."""
    cell = 0 if edge == 0 else edges.size - 2
    half = 0.5 * (edges[cell + 1] - edges[cell])
    return Boundary(
        cells=np.array([cell]), areas=np.array([areas[edge]]), distances=np.array([half])
    )


def _connectivity(edges: Floats, areas: Floats) -> Connectivity:
    """Return the faces between cells, as those of the mesh to the last digit."""
    # FiPy's grids are made of widths.
    faces = np.concatenate([[0.0], np.cumsum(np.diff(edges))]) + edges[0]
    centres = 0.5 * (faces[:-1] + faces[1:])
    cells, inner = np.arange(centres.size), faces[1:-1]
    return Connectivity(
        faces=cells[1:],
        owner=cells[:-1],
        neighbour=cells[1:],
        areas=np.array(areas[1:-1], dtype=float),
        owner_distance=np.abs(inner - centres[:-1]),
        neighbour_distance=np.abs(inner - centres[1:]),
    )


def _build_mesh(edges: Floats, areas: Floats, volumes: Floats) -> Any:
    from cartflow.geometries.shapes.shell_mesh import ShellMesh

    return ShellMesh(edges, areas, volumes)
