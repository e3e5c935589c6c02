"""Which voxels of a grid become one mesh cell: fine ones near the surface, wide ones inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.voxels.coarsening import block_sums, padded_to_blocks, spread

Ints = NDArray[np.int64]
Inside = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaves:
    """Mesh cells as blocks of a grid: `cell` (grid) of every place, -1 where there is no tissue.

    `corner` (n, axes) is the lowest place of every block and `edges` (n, axes) its edges, in
    places; `level` (n,) says how often it is doubled.
    """

    cell: Ints
    corner: Ints
    edges: Ints
    level: Ints


def leaves(label: Ints, fine: Inside, doublings: int) -> Leaves:
    """Return places joined to blocks, 2, 4, ... places wide, away from `fine` ones.

    `label` is 0 where there is no tissue; no block holds two others, so that regions keep their
    shape. Blocks stand where their number divides them. One that is doubled twice or more
    touches, by a face, an edge or a corner, only blocks of at least half its edge. Axes of one
    place are not joined along.
    """
    tissue = label > 0
    pair = tuple(2 if n > 1 else 1 for n in tissue.shape)
    least, most = np.where(tissue, label, np.iinfo(np.int64).max), label
    level = np.zeros(tissue.shape, dtype=np.int64)
    free = ~(fine & tissue)
    for doubled in range(1, doublings + 1):
        least, most = -_block_most(-least, pair), _block_most(most, pair)
        joined = block_all(free, pair) & (least >= most)
        wide = joined
        for _ in range(doubled):
            wide = spread(wide, pair)
        level[_part(wide, tissue.shape)] = doubled
        free = _surrounded(joined)
    return _numbered(tissue, level, np.array(pair))


def block_all(holds: Inside, factors: tuple[int, ...]) -> Inside:
    """Return for every block whether all of its places hold; those beyond the grid do."""
    return np.asarray(block_sums(padded_to_blocks(~holds, factors), factors) == 0)


def _block_most(values: Ints, factors: tuple[int, ...]) -> Ints:
    short = [(0, -n % f) for n, f in zip(values.shape, factors, strict=True)]
    whole = np.pad(values, short, mode="edge")
    split = [part for n, f in zip(whole.shape, factors, strict=True) for part in (n // f, f)]
    return np.asarray(whole.reshape(split).max(axis=tuple(range(1, 2 * values.ndim, 2))))


def _surrounded(joined: Inside) -> Inside:
    from scipy.ndimage import binary_erosion

    around = np.ones((3,) * joined.ndim, dtype=bool)
    return np.asarray(binary_erosion(joined, structure=around, border_value=1))


def _part(wide: Inside, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    return np.nonzero(wide[tuple(slice(0, n) for n in shape)])


def _numbered(tissue: Inside, level: Ints, pair: Ints) -> Leaves:
    places = np.argwhere(tissue)
    at = level[tissue]
    edges = pair[None, :] ** at[:, None]
    corners = places // edges * edges
    flat = np.ravel_multi_index(tuple(corners.T), tissue.shape)
    first = np.zeros(tissue.size, dtype=bool)
    first[flat] = True
    number = np.cumsum(first) - 1
    cell = np.full(tissue.shape, -1, dtype=np.int64)
    cell[tissue] = number[flat]
    doubled = np.zeros(int(number[-1]) + 1, dtype=np.int64)
    doubled[cell[tissue]] = at
    corner = np.stack(np.unravel_index(np.flatnonzero(first), tissue.shape), axis=1)
    return Leaves(cell=cell, corner=corner, edges=pair[None, :] ** doubled[:, None], level=doubled)
