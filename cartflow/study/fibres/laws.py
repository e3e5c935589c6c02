"""Laws by which cells move where water does: from water's tensor to the shape of the cells'."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

# An eigenvalue of a noisy tensor is at least this share of its largest.
LEAST = 1e-2
_SMALL = 1e-3


def mended(tensors: Array) -> tuple[Array, Array]:
    """Return tensors (n, 3, 3) with eigenvalues of 1 % of the largest or more, and which were so.

    What has no positive eigenvalue becomes isotropic.
    """
    values, vectors = np.linalg.eigh(tensors)
    largest = np.where(values[:, -1] > 0, values[:, -1], 1.0)[:, None]
    low = values < LEAST * largest
    values = np.where(values[:, -1:] > 0, np.maximum(values, LEAST * largest), 1.0)
    return _made(values, vectors), np.asarray(low.any(axis=1))


def power(tensors: Array, exponent: float) -> Array:
    """Return W^exponent: 0 no anisotropy, 1 water's own."""
    values, vectors = np.linalg.eigh(tensors)
    return _made((values / values[:, -1:]) ** exponent, vectors)


def amplified(tensors: Array, factor: float) -> Array:
    """Return W with eigenvalues times a_1 = r (c_l + c_p) + c_s, a_2 = c_l + r c_p + c_s, 1.

    c_l = (l_1 - l_2)/sum l, c_p = 2 (l_2 - l_3)/sum l, c_s = 3 l_3/sum l (jbabdi2005).
    """
    values, vectors = np.linalg.eigh(tensors)
    least, middle, most = values.T
    total = values.sum(axis=1)
    line, plane, ball = (most - middle) / total, 2 * (middle - least) / total, 3 * least / total
    first = factor * (line + plane) + ball
    second = line + factor * plane + ball
    return _made(np.stack([least, second * middle, first * most], axis=1), vectors)


def von_mises_fisher(tensors: Array, concentration: float) -> Array:
    """Return a 1 + (1 - 3 a) v v^T, a = (coth k - 1/k)/k, k = concentration x FA (painter2013).

    The second moments of directions about +v and -v alike, v the first eigenvector.
    """
    axis = np.linalg.eigh(tensors)[1][:, :, -1]
    k = concentration * fractional_anisotropy(tensors)
    large = np.maximum(k, _SMALL)
    share = np.where(k > _SMALL, (1 / np.tanh(large) - 1 / large) / large, 1 / 3 - k**2 / 45)
    return about(axis, 1 - 2 * share, share)


def fractional_anisotropy(tensors: Array) -> Array:
    """Return sqrt(3/2) |l - mean l| / |l| of the eigenvalues l (n,)."""
    values = np.linalg.eigvalsh(tensors)
    apart = values - values.mean(axis=1, keepdims=True)
    size = np.sqrt((values**2).sum(axis=1))
    return np.asarray(np.sqrt(1.5 * (apart**2).sum(axis=1)) / np.where(size > 0, size, 1.0))


def about(axes: Array, along: Array, across: Array) -> Array:
    """Return the tensors (n, 3, 3) of `along` and `across` (n,) unit `axes` (n, 3)."""
    dyads = axes[:, :, None] * axes[:, None, :]
    return across[:, None, None] * np.eye(3) + (along - across)[:, None, None] * dyads


def about_dyads(dyads: Array, along: Array, across: Array, alignment: Array) -> Array:
    """Return across 1 + (along - across) M, M = s dyad + (1 - s) 1/3, of an `alignment` s.

    `dyads` (n, 3, 3) are means of v v^T over cells, which are less than one fibre's where fibres
    cross or bend.
    """
    mixed = alignment[:, None, None] * dyads
    mixed += (1.0 - alignment)[:, None, None] * np.eye(3) / 3.0
    return across[:, None, None] * np.eye(3) + (along - across)[:, None, None] * mixed


def _made(values: Array, vectors: Array) -> Array:
    return np.einsum("nak,nk,nbk->nab", vectors, values, vectors)
