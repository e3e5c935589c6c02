"""Linearly implicit methods that keep their order whatever part of the Jacobian they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Method:
    """A W-method of s stages in the form that needs no product with the matrix A.

    (1 - g h A) k_i = F(a + h sum_j stages_ij k_j) + sum_j couplings_ij k_j; the new amounts are
    a + h sum_i weights_i k_i, their error h sum_i errors_i k_i. Where A is zero the method is an
    explicit one of the same weights, which is stable up to real rates of 2 / h.
    """

    gamma: float
    stages: Array
    couplings: Array
    weights: Array
    errors: Array


def _method(gamma: float, alphas: Array, gammas: Array, weights: Array, lower: Array) -> Method:
    """Return the method whose k_i = F(a + h sum alphas_ij k_j) + h A sum gammas_ij k_j."""
    inverse = np.linalg.inv(gammas + gamma * np.eye(len(weights)))
    return Method(
        gamma=gamma,
        stages=gamma * np.tril(alphas @ inverse, -1),
        couplings=-gamma * np.tril(inverse, -1),
        weights=gamma * weights @ inverse,
        errors=gamma * (weights - lower) @ inverse,
    )


def _lower(*rows: tuple[float, ...]) -> Array:
    table = np.zeros((len(rows) + 1, len(rows) + 1))
    for i, row in enumerate(rows, start=1):
        table[i, : len(row)] = row
    return table


_G2 = 1.0 - np.sqrt(0.5)
# Second order, L-stable (Verwer, Spee, Blom and Hundsdorfer 1999); explicit: Heun's.
ROS2 = _method(
    _G2,
    _lower((1.0,)),
    _lower((-2.0 * _G2,)),
    np.array([0.5, 0.5]),
    np.array([1.0, 0.0]),
)

_G3 = 0.4358665215084590
_W3 = np.array([0.24212380706095346, -1.2232505839045147, 1.5452602553351020, _G3])
# ROS34PW2, third order with an estimate of second, L-stable (Rang and Angermann 2005).
ROS34PW2 = _method(
    _G3,
    _lower((2.0 * _G3,), (0.84457060015369423, -0.11299064236484185), (0.0, 0.0, 1.0)),
    _lower(
        (-2.0 * _G3,),
        (-0.90338057013044082, 0.054180672388095326),
        (0.24212380706095346, -1.2232505839045147, 0.54526025533510214),
    ),
    _W3,
    np.array([0.37810903145819369, -0.096042292212423178, 0.5, 0.21793326075422950]),
)
