"""The arms of a stencil for an anisotropic diffusivity, between cells that need not touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.pde.anisotropic.lattice import dyads
from cartflow.pde.anisotropic.shapes import on_lattice
from cartflow.pde.operators.links import spacings
from cartflow.pde.operators.passage import Passages

Array = np.ndarray

# Voxels that an arm may span along an axis; 10:1 needs 4 on cubes.
_LONGEST = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Arms:
    """Pairs of cells that exchange: `conductance` (mm) x a diffusivity (mm^2/day) = mm^3/day.

    The same pairs cell by cell: of cell c the entries `begin[c]` to `begin[c + 1]` of `to` (the
    other cell) and of `pair`.
    """

    owner: Array
    neighbour: Array
    conductance: Array
    begin: Array
    to: Array
    pair: Array

    def exchange(self, diffusivity: Array) -> Array:
        """Return what passes per day and unit of difference at a mean diffusivity of each cell.

        Between two cells it is their harmonic mean, as where diffusion has no direction.
        """
        own, other = diffusivity[self.owner], diffusivity[self.neighbour]
        both = own + other
        mean = np.divide(2.0 * own * other, both, out=np.zeros_like(both), where=both > 0)
        return np.asarray(self.conductance * mean)


def arms(geometry: Geometry, anisotropy: Array, still: Array) -> Arms:
    """Return the arms for a mean diffusivity times `anisotropy` (cells, 6; see `shapes`).

    Between x and x + e stands the mean of the weights of e in Selling's sums at both ends, so that
    all are symmetric and none is negative (Fehrenbach and Mirebeau 2014): what one cell loses the
    other gets, and a maximum cannot grow. An arm counts as far as its way is open (`Passages`);
    what would leave the tissue is left out, which is the condition of no flux. Nothing moves in
    cells that are `still`. Raises `InputError` where arms would be too long.
    """
    found = dyads(on_lattice(geometry, anisotropy, spacings(geometry)))
    cell, which = np.nonzero(found.weights > 0.0)
    weights = found.weights[cell, which]
    offsets = np.zeros((cell.size, geometry.active.ndim), dtype=np.int64)
    offsets[:, np.array(geometry.active.shape) > 1] = found.offsets[cell, which]
    reach = int(np.abs(offsets).max(initial=1))
    if reach > _LONGEST:
        msg = f"its anisotropy asks for a stencil of {reach} mesh cells; at most {_LONGEST} are "
        raise InputError(msg + "taken: state one that is milder, or cells nearer to cubes")
    passages = Passages(geometry, still, reach)
    pairs = _pairs(passages, cell, _forwards(offsets), weights)
    return _sorted(*pairs, 0.5 * passages.volume, geometry.size)


def _forwards(offsets: Array) -> Array:
    """Return offsets turned so that the first number that is not zero is positive."""
    first = np.take_along_axis(offsets, (offsets != 0).argmax(axis=1)[:, None], axis=1)
    return np.where(first < 0, -offsets, offsets)


def _pairs(
    passages: Passages, cell: Array, offsets: Array, weights: Array
) -> tuple[Array, Array, Array]:
    """Return the lower and the higher cell of each arm, once an end, and the weight times share."""
    kinds, kind = np.unique(offsets, axis=0, return_inverse=True)
    order = np.argsort(kind.ravel(), kind="stable")
    edges = np.searchsorted(kind.ravel()[order], np.arange(len(kinds) + 1))
    low, high, passing = [], [], []
    for offset, begin, end in zip(kinds, edges[:-1], edges[1:], strict=True):
        mine = order[begin:end]
        here = passages.numbers[cell[mine]]
        step = passages.step(offset)
        for start in (here, here - step):
            share = weights[mine] * passages.along(start, offset)
            kept = share > 0.0
            low.append(passages.cells[start[kept]])
            high.append(passages.cells[start[kept] + step])
            passing.append(share[kept])
    return np.concatenate(low), np.concatenate(high), np.concatenate(passing)


def _sorted(low: Array, high: Array, passing: Array, factor: float, size: int) -> Arms:
    from scipy.sparse import coo_array

    joined = coo_array((factor * passing, (low, high)), shape=(size, size)).tocsr()
    owner = np.repeat(np.arange(size, dtype=np.int32), np.diff(joined.indptr))
    neighbour = joined.indices.astype(np.int32)
    ends = np.concatenate([owner, neighbour])
    order = np.argsort(ends, kind="stable")
    begin = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=size), out=begin[1:])
    return Arms(
        owner=owner,
        neighbour=neighbour,
        conductance=joined.data,
        begin=begin,
        to=np.concatenate([neighbour, owner])[order],
        pair=(order % max(owner.size, 1)).astype(np.int32),
    )
