"""Blocks of voxels as mesh cells, with nothing of the volume lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.checks import whole

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def checked_factors(coarsen: Any, shape: Sequence[int]) -> tuple[int, int, int]:
    """Return the factors along i, j, k from one whole number or three; else `InputError`.

    A factor beyond the grid's `shape` means the whole of it.
    """
    i, j, k = map(min, _three(coarsen), shape)
    return i, j, k


def _three(coarsen: Any) -> tuple[int, int, int]:
    if isinstance(coarsen, (Sequence, np.ndarray)) and not isinstance(coarsen, str):
        if len(coarsen) != 3:
            msg = f"coarsen: got {coarsen!r}; give one whole number, or three along i, j, k"
            raise InputError(msg)
        i, j, k = (whole(factor, "coarsen") for factor in coarsen)
        return i, j, k
    factor = whole(coarsen, "coarsen")
    return factor, factor, factor


def padded_to_blocks(fine: NDArray[Any], factors: Sequence[int]) -> NDArray[Any]:
    """Return `fine` with zeros at its far ends where blocks of `factors` do not fill it."""
    if not any(n % f for n, f in zip(fine.shape, factors, strict=True)):
        return fine
    return np.pad(fine, [(0, -n % f) for n, f in zip(fine.shape, factors, strict=True)])


def block_sums(fine: NDArray[Any], factors: Sequence[int]) -> NDArray[Any]:
    """Return the sum over every block of `factors` voxels."""
    split = [part for n, f in zip(fine.shape, factors, strict=True) for part in (n // f, f)]
    dtype = np.float64 if fine.dtype.kind == "f" else np.int64
    return fine.reshape(split).sum(axis=tuple(range(1, 2 * fine.ndim, 2)), dtype=dtype)


def spread(coarse: NDArray[Any], factors: Sequence[int]) -> NDArray[Any]:
    """Return for every voxel what stands in its block."""
    for axis, factor in enumerate(factors):
        coarse = np.repeat(coarse, factor, axis=axis)
    return coarse


def coarse_affine(affine: Floats, factors: Sequence[int]) -> Floats:
    """Return the affine of the blocks, whose centres are the middles of full blocks."""
    scale = np.diag([*map(float, factors), 1.0])
    scale[:3, 3] = [(factor - 1) / 2 for factor in factors]
    return affine @ scale


def majority(fine: NDArray[Any], factors: Sequence[int]) -> Ints:
    """Return the label that most voxels of a block have, for each block that holds any.

    Labels are above 0, blocks in C order. Equal numbers go to the lower label. The cost is
    that of sorting the voxels, however many labels there are.
    """
    if max(factors) == 1:
        return fine[fine > 0].astype(np.int64)
    depth = factors[0]
    layers = [fine[start : start + depth] for start in range(0, fine.shape[0], depth)]
    return np.concatenate([_majority_of_layer(layer, factors[1:]) for layer in layers])


def _majority_of_layer(layer: NDArray[Any], factors: Sequence[int]) -> Ints:
    rows, columns = (np.arange(n) // f for n, f in zip(layer.shape[1:], factors, strict=True))
    block = rows[:, None] * (columns[-1] + 1) + columns
    held = layer > 0
    high = int(layer.max()) + 1
    keys = np.broadcast_to(block, layer.shape)[held] * high + layer[held]
    pairs, counts = np.unique(keys, return_counts=True)
    blocks, labels = np.divmod(pairs, high)
    # Most voxels first in every block, then the lower label.
    order = np.lexsort((labels, -counts, blocks))
    first = np.unique(blocks[order], return_index=True)[1]
    return labels[order][first]
