"""Voxels near the surface and wider blocks of them inside, as one Geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.connectivity import Connectivity
from cartflow.geometries.geometry import Coarse, Geometry, groups
from cartflow.geometries.graded.interior import Interior
from cartflow.geometries.graded.leaves import Leaves, leaves
from cartflow.geometries.graded.links import graded_connectivity
from cartflow.geometries.regions import named_regions
from cartflow.geometries.surfaces.depth import depths
from cartflow.geometries.surfaces.measures import measure_mask
from cartflow.geometries.voxels.cavities import enclosed
from cartflow.geometries.voxels.coarsening import (
    block_sums,
    coarse_affine,
    majority,
    padded_to_blocks,
    spread,
)
from cartflow.geometries.voxels.faces import CAVITY, voxel_faces
from cartflow.geometries.voxels.geometry import coordinates_of, note_of_cavities, voxels_of
from cartflow.geometries.voxels.orientation import VoxelGrid
from cartflow.geometries.voxels.planar import NOTE, in_plane, without
from cartflow.geometries.voxels.rim import Surface, outer_boundaries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Voxels:
    """Labels and edges (mm) of voxels, in the order of the dims; `factors` make a finest cell."""

    labels: NDArray[Any]
    voxel: Floats
    factors: tuple[int, ...]


def graded_geometry(
    grid: VoxelGrid,
    names: Mapping[str, int],
    source_affine: Floats,
    notes: tuple[str, ...],
    interior: Interior,
    *,
    drop_empty: bool,
    surface: Surface = "smooth",
) -> Geometry:
    """Return the geometry of a voxel grid with wide cells in its `interior`.

    The finest cells are the voxels, or their blocks of ``grid.factors``; the grid of the geometry
    is theirs. Faces between cells of unlike width conserve what passes. All else as in
    `geometry_of_voxels`; raises `InputError` where no cell would be wide.
    """
    found = _graded(
        grid, names, source_affine, notes, interior, drop_empty=drop_empty, surface=surface
    )
    if found.size == int(found.active.sum()):
        msg = (
            f"interior.below: got {interior.below:g} mm, below which no block of cells fits; "
            f"the deepest cell is {found.maximal_depth:.3g} mm deep"
        )
        raise InputError(msg)
    return found


def _graded(
    grid: VoxelGrid,
    names: Mapping[str, int],
    source_affine: Floats,
    notes: tuple[str, ...],
    interior: Interior,
    *,
    drop_empty: bool,
    surface: Surface,
) -> Geometry:
    factors = grid.factors[::-1]
    fine = padded_to_blocks(grid.labels.T, factors)
    voxels = _Voxels(labels=fine, voxel=grid.spacing[::-1], factors=factors)
    counts = block_sums(fine > 0, factors)
    active = counts > 0
    flat = grid.flat_dim
    below = partial(depths, voxel=without(voxels.voxel, flat), split=grid.split)
    deep = block_sums(in_plane(below, fine > 0, flat), factors)
    depth = np.divide(deep, counts, out=np.zeros(deep.shape), where=active)
    label = np.zeros(active.shape, dtype=np.int64)
    label[active] = majority(fine, factors)
    cells = leaves(label, interior.kept_fine(depth, label, names), interior.doublings)
    at = cells.cell[active]
    affine = coarse_affine(grid.affine, grid.factors)
    volumes: Floats = np.bincount(at, counts[active]).astype(float) * float(np.prod(voxels.voxel))
    deepness = np.bincount(at, deep[active]) / np.bincount(at, counts[active])
    own = {name: np.bincount(at, label[active] == code) > 0 for name, code in names.items()}
    gone = [name for name, inside in own.items() if drop_empty and not inside.any()]
    kept = {name: inside for name, inside in own.items() if name not in gone}
    dims = ("z", "y", "x") if grid.aligned else ("k", "j", "i")
    middle = cells.corner + 0.5 * (cells.edges - 1)
    cavities = in_plane(enclosed, fine > 0, flat)
    return Geometry(
        name="mask",
        dims=dims,
        coordinates=coordinates_of(dims, active.shape, affine, aligned=grid.aligned),
        active=active,
        cell_of_place=at,
        cell_volumes=volumes,
        centres=middle[:, ::-1] @ affine[:3, :3].T + affine[:3, 3],
        depth=deepness,
        regions=named_regions(deepness, kept, "mask with a coarse interior"),
        boundaries=_boundaries(voxels, cells, cavities, surface, grid),
        build_mesh=_no_mesh,
        build_connectivity=partial(_connectivity, voxels, cells),
        build_measures=None if flat is not None else partial(measure_mask, fine > 0, voxels.voxel),
        flat=None if flat is None else dims[flat],
        build_voxels=partial(voxels_of, grid) if max(grid.factors) > 1 else None,
        build_coarse=partial(
            _coarse, grid, names, source_affine, interior, surface, cells, volumes
        ),
        affine=affine,
        source_affine=source_affine,
        notes=(
            *notes,
            *(f"{name} has no majority in any cell" for name in gone),
            *note_of_cavities(cavities, voxels.voxel),
            *([] if flat is None else [NOTE]),
            _of_levels(cells),
        ),
    )


def _of_levels(cells: Leaves) -> str:
    counts = np.bincount(cells.level)
    parts = [f"{n} of {2**level}" for level, n in enumerate(counts) if n]
    return f"cells of so many voxels an edge: {', '.join(parts)}"


def _no_mesh() -> Any:
    msg = (
        "geometry.interior: the engine 'fipy' has no mesh with cells of unlike width; "
        "use engine = 'fast', or leave interior out"
    )
    raise InputError(msg)


def _cell_of_voxel(voxels: _Voxels, cells: Leaves) -> Ints:
    return np.where(voxels.labels > 0, spread(cells.cell, voxels.factors), -1)


def _widths(voxels: _Voxels, cells: Leaves) -> Floats:
    return np.asarray(cells.edges * (voxels.voxel * voxels.factors))


def _boundaries(
    voxels: _Voxels, cells: Leaves, cavities: NDArray[np.bool_], surface: Surface, grid: VoxelGrid
) -> dict[str, Any]:
    of_voxels = _cell_of_voxel(voxels, cells)
    of_voxels[cavities] = CAVITY
    edges = _widths(voxels, cells)
    return outer_boundaries(surface, of_voxels, voxels.voxel, edges, grid.split, grid.flat_dim)


def _connectivity(voxels: _Voxels, cells: Leaves) -> Connectivity:
    faces = voxel_faces(_cell_of_voxel(voxels, cells), voxels.voxel)
    return graded_connectivity(faces, cells, _widths(voxels, cells))


def _coarse(
    grid: VoxelGrid,
    names: Mapping[str, int],
    source_affine: Floats,
    interior: Interior,
    surface: Surface,
    cells: Leaves,
    volumes: Floats,
) -> Coarse:
    """Return the same place with all cells twice as wide, which hold as much."""
    i, j, k = (min(2 * f, n) for f, n in zip(grid.factors, grid.labels.shape, strict=True))
    wider = replace(grid, factors=(i, j, k))
    geometry = _graded(wider, names, source_affine, (), interior, drop_empty=True, surface=surface)
    assert geometry.cell_of_place is not None
    number = np.full(geometry.active.shape, -1)
    number[geometry.active] = geometry.cell_of_place
    steps = np.array([k, j, i]) // np.array(grid.factors[::-1])
    # The lowest place of a block may hold no tissue, so that one which does is asked for.
    first = np.unique(cells.cell[cells.cell >= 0], return_index=True)[1]
    places = np.argwhere(cells.cell >= 0)[first] // steps
    places = np.minimum(places, np.array(number.shape) - 1)
    return groups(geometry, number[tuple(places.T)], volumes)
