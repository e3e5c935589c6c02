"""A tensor as a sum of dyads of offsets between the points of a lattice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray

_CHUNK = 2**16
# Products of a superbase that are above zero by less, relative to the trace, are rounding.
_ROUNDING = 1e-12
_MOST_TURNS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Dyads:
    """D = sum of `weights` (n, m) x offset offset^T, with whole `offsets` (n, m, d).

    m is 1, 3 or 6 in d = 1, 2 or 3 dimensions; no weight is below zero.
    """

    weights: Array
    offsets: Array


def dyads(tensors: Array) -> Dyads:
    """Return Selling's decomposition of positive definite `tensors` (n, d, d), d at most 3.

    Of an obtuse superbase b_0 + ... + b_d = 0, with <b_i, D b_j> <= 0, the weights are
    -<b_i, D b_j> and the offsets are at right angles to the other b (Conway and Sloane 1992; as
    stencils: Fehrenbach and Mirebeau 2014). A weight is continuous in D for every offset. Raises
    `InputError` where a tensor is too flat for that to end.
    """
    if len(tensors) and np.all(tensors == tensors[0]):
        one = _reduced(tensors[:1])
        shape = (len(tensors), *one.weights.shape[1:])
        offsets = np.broadcast_to(one.offsets, (*shape, tensors.shape[1]))
        return Dyads(weights=np.broadcast_to(one.weights, shape), offsets=offsets)
    parts = [_reduced(tensors[k : k + _CHUNK]) for k in range(0, len(tensors), _CHUNK)]
    return Dyads(
        weights=np.concatenate([part.weights for part in parts]),
        offsets=np.concatenate([part.offsets for part in parts]),
    )


def _reduced(tensors: Array) -> Dyads:
    bases = _obtuse(tensors)
    pairs = list(combinations(range(bases.shape[1]), 2))
    weights = np.stack([-_product(bases[:, i], tensors, bases[:, j]) for i, j in pairs], axis=1)
    offsets = np.stack([_across(bases, i, j) for i, j in pairs], axis=1)
    return Dyads(weights=np.maximum(weights, 0.0), offsets=offsets)


def _obtuse(tensors: Array) -> Array:
    """Return obtuse superbases (n, d + 1, d) of whole numbers, turned until no product is > 0."""
    number, dimensions = tensors.shape[:2]
    unit = np.eye(dimensions, dtype=np.int64)
    first = np.vstack([unit, -unit.sum(axis=0)])
    bases = np.repeat(first[None], number, axis=0)
    least = _ROUNDING * np.trace(tensors, axis1=1, axis2=2)
    left = np.arange(number)
    for _ in range(_MOST_TURNS):
        turned = np.zeros(left.size, dtype=bool)
        for i, j in combinations(range(dimensions + 1), 2):
            here = bases[left]
            acute = _product(here[:, i], tensors[left], here[:, j]) > least[left]
            if acute.any():
                bases[left[acute]] = _turned(here[acute], i, j)
                turned |= acute
        left = left[turned]
        if not left.size:
            return bases
    raise InputError("a diffusivity is so much larger along one direction that no stencil is found")


def _turned(bases: Array, i: int, j: int) -> Array:
    """Return superbases in which b_i is turned round, with the same lattice."""
    new = bases.copy()
    new[:, i] = -bases[:, i]
    others = [k for k in range(bases.shape[1]) if k not in (i, j)]
    if len(others) == 1:
        new[:, others[0]] = bases[:, i] - bases[:, j]
    for k in others[: 2 * (len(others) == 2)]:
        new[:, k] = bases[:, k] + bases[:, i]
    return new


def _product(one: Array, tensors: Array, other: Array) -> Array:
    return np.asarray(np.einsum("na,nab,nb->n", one, tensors, other))


def _across(bases: Array, i: int, j: int) -> Array:
    """Return the offsets at right angles to all of a superbase but b_i and b_j."""
    others = [bases[:, k] for k in range(bases.shape[1]) if k not in (i, j)]
    if len(others) == 2:
        return np.cross(others[0], others[1])
    if len(others) == 1:
        return np.stack([-others[0][:, 1], others[0][:, 0]], axis=1)
    return np.ones((len(bases), 1), dtype=np.int64)
