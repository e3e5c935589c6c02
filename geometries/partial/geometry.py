"""A partial-volume mask as a Geometry: the volume, surface and depth of the shape in it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Coarse, Geometry, groups
from cartflow.geometries.partial.apertures import Cut, cut
from cartflow.geometries.partial.planes import Planes
from cartflow.geometries.partial.surface import cut_boundaries
from cartflow.geometries.partial.volumes import cell_shares
from cartflow.geometries.regions import named_regions
from cartflow.geometries.surfaces.depth import distance_along
from cartflow.geometries.voxels.coarsening import block_sums, coarse_affine, padded_to_blocks
from cartflow.geometries.voxels.geometry import geometry_of_voxels
from cartflow.geometries.voxels.orientation import VoxelGrid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Inside = NDArray[np.bool_]
_MARGIN = 4
# A piece of surface below this share of a face is round-off.
_NO_PIECE = 1e-6


def geometry_of_fractions(
    grid: VoxelGrid, source_affine: Floats, notes: tuple[str, ...]
) -> Geometry:
    """Return the geometry of a grid whose `labels` are the filled shares of its voxels.

    Blocks of ``grid.factors`` voxels hold the mean of their shares. Mesh cells are the voxels that
    are filled to half or more. They have the volume of all shares, the areas of the planes that
    cut the shares off, and these planes' distances from their centres: for depths, and between
    a cell and what acts on it at the ``rim`` or, around enclosed cavities, at the ``wall``.
    """
    factors = grid.factors[::-1]
    whole = padded_to_blocks(grid.labels.T.astype(float), factors)
    shares, flat = block_sums(whole, factors) / float(np.prod(factors)), grid.flat_dim
    voxel = grid.spacing[::-1] * factors
    found = cut(np.pad(shares, _MARGIN) if flat is None else _column(shares, flat), voxel, flat)
    if flat is not None:
        found = _layer(found, flat)
    inside = found.fractions >= 0.5
    if not inside.any():
        msg = "no voxel is filled to half; the shape is finer than the voxels"
        raise InputError(msg)
    layer = () if flat is None else (flat,)
    held = cell_shares(found.fractions.squeeze(layer), inside.squeeze(layer))
    volumes = held.reshape(inside.shape)[inside] * float(np.prod(voxel))
    within = tuple(slice(None) if a == flat else slice(_MARGIN, -_MARGIN) for a in range(3))
    notes = (*notes, *_of_small_shares(found.fractions, inside, float(np.prod(voxel))))
    plain = _voxels(grid, inside[within], source_affine, notes, volumes)
    site = _sites(found, voxel)
    depth = _depths(found, inside, site, voxel)
    return replace(
        plain,
        depth=depth,
        regions=named_regions(depth, {}, "mask"),
        boundaries=cut_boundaries(plain, found, site, depth, voxel),
        build_coarse=partial(_coarse, grid, source_affine, np.argwhere(inside[within]), volumes),
    )


def _column(shares: Floats, flat: int) -> Floats:
    """Return a plane's shares with its margin, and with the same layer above and below it.

    So planes stand upright, and nothing ends where the layer does.
    """
    sides = [(0, 0) if axis == flat else (_MARGIN, _MARGIN) for axis in range(shares.ndim)]
    above = [(_MARGIN, _MARGIN) if axis == flat else (0, 0) for axis in range(shares.ndim)]
    return np.pad(np.pad(shares, sides), above, mode="edge")


def _layer(found: Cut, flat: int) -> Cut:
    """Return what lies in the middle layer of a column alone."""
    planes, here = found.planes, found.planes.places[flat] == _MARGIN
    places = planes.places[:, here]
    places[flat] = 0
    return Cut(
        fractions=np.take(found.fractions, [_MARGIN], axis=flat),
        open=tuple(np.take(share, [_MARGIN], axis=flat) for share in found.open),
        planes=Planes(
            places=places,
            normal=planes.normal[:, here],
            depth=planes.depth[here],
            across=planes.across[here],
            left=planes.left[..., here],
            curvature=planes.curvature[here],
        ),
        areas=found.areas[here],
    )


def _of_small_shares(fractions: Floats, inside: Inside, voxel: float) -> list[str]:
    """Say how much lies in voxels that are not cells, and how much of it beside no cell."""
    from scipy.ndimage import maximum_filter

    beside = maximum_filter(inside, size=3)
    small = float(fractions[~inside].sum()) * voxel
    alone = float(fractions[~beside].sum()) * voxel
    text = f"{small:.4g} mm3 are in voxels filled to less than half, and counted in cells beside"
    if alone > 1e-3 * float(fractions.sum()) * voxel:
        text += f"; {alone:.4g} mm3 of them touch none, and are counted in the nearest"
    return [text] if small else []


def _voxels(
    grid: VoxelGrid,
    inside: Inside,
    source_affine: Floats,
    notes: tuple[str, ...],
    volumes: Floats,
) -> Geometry:
    """Return the geometry of the voxels that are filled to half or more, with these volumes."""
    voxels = replace(
        grid,
        labels=inside.T.astype(np.uint8),
        affine=coarse_affine(grid.affine, grid.factors),
        factors=(1, 1, 1),
    )
    return geometry_of_voxels(
        voxels, {}, source_affine, notes, drop_empty=False, surface="staircase", volumes=volumes
    )


def _sites(found: Cut, voxel: Floats) -> Ints:
    """Return the number of the plane with a piece of the surface nearest to every place."""
    from scipy.ndimage import distance_transform_edt

    planes = found.planes
    # In a full voxel beside one that is not, the plane at its far side is no surface.
    pieces = np.flatnonzero(found.areas > _NO_PIECE * float(np.prod(voxel)) ** (2 / 3))
    number = np.full(found.fractions.shape, -1, dtype=np.int64)
    number[tuple(planes.places[:, pieces])] = pieces
    nearest = distance_transform_edt(
        number < 0, sampling=voxel, return_distances=False, return_indices=True
    )
    return np.asarray(number[tuple(nearest)])


def _depths(found: Cut, inside: Inside, sites: Ints, voxel: Floats) -> Floats:
    """Return how far the centres of the cells lie below the planes nearest to them, mm."""
    planes, site = found.planes, sites[inside]
    apart = [
        (there[site] - here) * size
        for there, here, size in zip(planes.places, np.nonzero(inside), voxel, strict=True)
    ]
    distance = distance_along(apart, planes.normal, site, voxel) + planes.depth[site]
    return np.maximum(distance, 0.0)


def _coarse(grid: VoxelGrid, source_affine: Floats, indices: Ints, volumes: Floats) -> Coarse:
    """Return blocks of two cells along each axis, which hold as much."""
    i, j, k = (min(2 * f, n) for f, n in zip(grid.factors, grid.labels.shape, strict=True))
    steps = np.array([k, j, i]) // np.array(grid.factors[::-1])
    geometry = geometry_of_fractions(replace(grid, factors=(i, j, k)), source_affine, ())
    places = np.minimum(indices // steps, np.array(geometry.active.shape) - 1)
    group = _nearest_cell(geometry.active)[tuple(places.T)]
    held = np.asarray(np.bincount(group, volumes, geometry.size), dtype=np.float64)
    if not held.all():
        msg = "partial volumes: twice as wide voxels would leave cells empty"
        raise InputError(msg)
    return groups(replace(geometry, cell_volumes=held), group, volumes)


def _nearest_cell(active: Inside) -> Ints:
    """Return the number of the cell that stands in, or nearest to, every place of the grid."""
    from scipy.ndimage import distance_transform_edt

    number = np.cumsum(active).reshape(active.shape) - 1
    nearest = distance_transform_edt(~active, return_distances=False, return_indices=True)
    return np.asarray(number[tuple(nearest)])
