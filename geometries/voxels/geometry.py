"""Labelled voxels, cropped and turned, as a Geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.connectivity import Connectivity
from cartflow.geometries.geometry import Coarse, Geometry, groups
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
from cartflow.geometries.voxels.faces import CAVITY, OUTSIDE, shared_faces, voxel_faces
from cartflow.geometries.voxels.orientation import VoxelGrid
from cartflow.geometries.voxels.planar import NOTE, in_plane, without
from cartflow.geometries.voxels.rim import Surface, outer_boundaries

Floats = NDArray[np.float64]


def geometry_of_voxels(
    grid: VoxelGrid,
    names: Mapping[str, int],
    source_affine: Floats,
    notes: tuple[str, ...],
    *,
    drop_empty: bool,
    surface: Surface = "smooth",
    volumes: Floats | None = None,
) -> Geometry:
    """Return the geometry of a voxel grid whose `names` say what its labels are.

    Labels without a majority anywhere are an error, or with `drop_empty` left out and noted.
    Cells have the volumes of their voxels, or those given, mm3.
    """
    # From here on arrays stand in the order of the dims, the reverse of i, j, k.
    factors = grid.factors[::-1]
    voxel = grid.spacing[::-1]
    fine = padded_to_blocks(grid.labels.T, factors)
    counts = block_sums(fine > 0, factors)
    active = counts > 0
    affine = coarse_affine(grid.affine, grid.factors)
    if volumes is None:
        volumes = counts[active] * float(np.prod(voxel))
    flat = grid.flat_dim
    cavities = in_plane(enclosed, fine > 0, flat)
    cells_of_voxels = _cell_of_voxel(fine, active, factors)
    cells_of_voxels[cavities] = CAVITY
    indices = np.argwhere(active)
    below = partial(depths, voxel=without(voxel, flat), split=grid.split)
    deep = block_sums(in_plane(below, fine > 0, flat), factors)
    depth = deep[active] / counts[active]
    most = majority(fine, factors)
    own = {name: most == label for name, label in names.items()}
    # A label that nobody named may vanish in coarse cells; one that was named may not.
    gone = [name for name, cells in own.items() if drop_empty and not cells.any()]
    kept = {name: cells for name, cells in own.items() if name not in gone}
    dims = ("z", "y", "x") if grid.aligned else ("k", "j", "i")
    return Geometry(
        name="mask",
        dims=dims,
        coordinates=coordinates_of(dims, active.shape, affine, aligned=grid.aligned),
        active=active,
        cell_volumes=volumes,
        centres=indices[:, ::-1] @ affine[:3, :3].T + affine[:3, 3],
        depth=depth,
        regions=named_regions(depth, kept, "coarse mask"),
        boundaries=outer_boundaries(
            surface, cells_of_voxels, voxel, voxel * factors, grid.split, flat
        ),
        build_mesh=partial(_build_mesh, fine, factors, voxel, affine, volumes),
        build_connectivity=partial(_connectivity, fine, factors, voxel),
        build_measures=None if flat is not None else partial(measure_mask, fine > 0, voxel),
        build_coarse=partial(_coarse, grid, names, source_affine, surface, active, volumes),
        flat=None if flat is None else dims[flat],
        build_voxels=partial(voxels_of, grid) if max(grid.factors) > 1 else None,
        affine=affine,
        source_affine=source_affine,
        notes=(
            *notes,
            *(f"{name} has no majority in any coarse cell" for name in gone),
            *note_of_cavities(cavities, voxel),
            *([] if flat is None else [NOTE]),
        ),
    )


def voxels_of(grid: VoxelGrid) -> tuple[NDArray[Any], Floats, tuple[int, int, int]]:
    """Return labels (i, j, k), affine and factors, as `Geometry.build_voxels` does."""
    return grid.labels, grid.affine, grid.factors


def _coarse(
    grid: VoxelGrid,
    names: Mapping[str, int],
    source_affine: Floats,
    surface: Surface,
    active: NDArray[np.bool_],
    volumes: Floats,
) -> Coarse:
    """Return blocks of two cells along each axis, which hold as much, and the same surface."""
    i, j, k = (min(2 * f, n) for f, n in zip(grid.factors, grid.labels.shape, strict=True))
    wider = replace(grid, factors=(i, j, k))
    geometry = geometry_of_voxels(wider, names, source_affine, (), drop_empty=True, surface=surface)
    number = np.cumsum(geometry.active).reshape(geometry.active.shape) - 1
    places = np.minimum(np.argwhere(active) // 2, np.array(number.shape) - 1)
    return groups(geometry, number[tuple(places.T)], volumes)


def _cell_of_voxel(
    fine: NDArray[Any], active: NDArray[np.bool_], factors: Sequence[int]
) -> NDArray[np.int64]:
    """Return the mesh cell of every voxel, OUTSIDE for those that are no tissue."""
    cell = np.where(active, np.cumsum(active).reshape(active.shape) - 1, OUTSIDE)
    return np.where(fine > 0, spread(cell, factors), OUTSIDE)


def note_of_cavities(cavities: NDArray[np.bool_], voxel: Floats) -> list[str]:
    """Return what a geometry says of `cavities`, if there are any."""
    volume = int(cavities.sum()) * float(np.prod(voxel))
    text = f"enclosed cavities of {volume:.4g} mm3 in all; their surface is the boundary wall"
    return [text] if volume else []


def coordinates_of(
    dims: tuple[str, ...], shape: tuple[int, ...], affine: Floats, *, aligned: bool
) -> dict[str, Floats]:
    """Return the coordinate along each of `dims` of a grid of voxels, mm, or their indices."""
    coordinates = {}
    for axis, (dim, number) in enumerate(zip(dims, shape, strict=True)):
        index = np.arange(number, dtype=float)
        world = 2 - axis
        coordinates[dim] = affine[world, 3] + affine[world, world] * index if aligned else index
    return coordinates


def _connectivity(fine: NDArray[Any], factors: Sequence[int], voxel: Floats) -> Connectivity:
    """Return the interior faces as the FiPy mesh has them, without making it."""
    active = block_sums(fine > 0, factors) > 0
    faces = shared_faces(_cell_of_voxel(fine, active, factors), voxel)
    half = (0.5 * voxel * factors)[faces.axis]
    return Connectivity(
        faces=np.arange(faces.owner.size),
        owner=faces.owner,
        neighbour=faces.neighbour,
        areas=faces.areas,
        owner_distance=half,
        neighbour_distance=half,
    )


def _build_mesh(
    fine: NDArray[Any], factors: Sequence[int], voxel: Floats, affine: Floats, volumes: Floats
) -> Any:
    """Return the FiPy mesh of the cells; what it needs is worked out, and FiPy loaded, here."""
    from cartflow.geometries.voxels.mesh import build_voxel_mesh

    active = block_sums(fine > 0, factors) > 0
    faces = voxel_faces(_cell_of_voxel(fine, active, factors), voxel)
    return build_voxel_mesh(np.argwhere(active), active.shape, affine, faces, volumes)
