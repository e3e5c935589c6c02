"""Derivatives of what is assembled from a number, by differences of high order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray
# Arrays at an offset from the number, in units of the number.
Family = Callable[[float], Sequence[Array]]

_STEP = 0.01
# Weights of f(j h) - f(-j h), of order four, six and eight (Fornberg 1988).
_CENTRAL = (
    (2 / 3, -1 / 12, 0.0, 0.0),
    (3 / 4, -3 / 20, 1 / 60, 0.0),
    (4 / 5, -1 / 5, 4 / 105, -1 / 280),
)
# Weights of f(j h), j from nought, of the same orders, where the number can go one way only.
_FORWARD = (
    (-25 / 12, 4.0, -3.0, 4 / 3, -1 / 4, 0.0, 0.0, 0.0, 0.0),
    (-49 / 20, 6.0, -15 / 2, 20 / 3, -15 / 4, 6 / 5, -1 / 6, 0.0, 0.0),
    (-761 / 280, 8.0, -14.0, 56 / 3, -35 / 2, 56 / 5, -14 / 3, 8 / 7, -1 / 8),
)
# How far orders may differ, of the value and the slope, and of the largest value.
_AGREE, _ROUND_OFF, _LINEAR = 1e-7, 1e-12, 1e-15


class NotSmooth(Exception):
    """What is assembled jumps, or its size changes, near the number."""


def slopes_of(family: Family) -> list[Array]:
    """Return the derivatives of arrays to the offset, at none; errors are near 1e-13 of them.

    By central differences of eighth order, to one side where `family` raises `InputError` on the
    other, or by few points where arrays are straight. Raises `NotSmooth` where orders differ.
    """
    at = _Sampled(family)
    for side in (0, 1, -1):
        try:
            return _central(at) if side == 0 else _one_sided(at, side)
        except InputError as error:
            refused = error
    raise refused


class _Sampled:
    """The arrays at whole numbers of steps, worked out once, with equal shapes."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self.middle = [np.array(a, dtype=float) for a in family(0.0)]
        self._known = {0: self.middle}

    def __call__(self, j: int) -> list[Array]:
        if j not in self._known:
            found = [np.array(a, dtype=float) for a in self._family(j * _STEP)]
            if [a.shape for a in found] != [a.shape for a in self.middle]:
                raise NotSmooth
            self._known[j] = found
        return self._known[j]


def _central(at: _Sampled) -> list[Array]:
    straight = _straight(at)
    if straight is not None:
        return straight
    places = range(1, 5)
    _require_middle(at)
    changes = [[_change(a, b) for a, b in zip(at(j), at(-j), strict=True)] for j in places]
    return _agreed([_weighted(weights, changes) for weights in _CENTRAL], at.middle)


def _straight(at: _Sampled) -> list[Array] | None:
    """Return the slopes of arrays that change as much by each step ahead as by one behind.

    One step behind and four ahead tell it: what has a corner, a bend or a swing differs.
    """
    behind, ahead = at(-1), at(4)
    nearer = [_change(m, b) for m, b in zip(at.middle, behind, strict=True)]
    farther = [_change(a, m) / 4.0 for a, m in zip(ahead, at.middle, strict=True)]
    if not _none([a - b for a, b in zip(farther, nearer, strict=True)], at.middle):
        return None
    return [_change(a, b) / (5.0 * _STEP) for a, b in zip(ahead, behind, strict=True)]


def _require_middle(at: _Sampled) -> None:
    """Raise `NotSmooth` where the arrays beside a number do not lead to those at it."""
    for place, value in enumerate(at.middle):
        pairs = [_change(at(j)[place], value) + _change(at(-j)[place], value) for j in (1, 2, 3)]
        gap = 0.75 * pairs[0] - 0.3 * pairs[1] + 0.05 * pairs[2]
        size = np.where(np.isfinite(value), np.abs(value), 0.0)
        if not np.all(np.abs(gap) <= _AGREE * size + _ROUND_OFF * size.max(initial=0.0)):
            raise NotSmooth


def _one_sided(at: _Sampled, side: int) -> list[Array]:
    one, two = at(side), at(2 * side)
    firsts = [_change(a, m) for a, m in zip(one, at.middle, strict=True)]
    bends = [_change(b, a) - d for b, a, d in zip(two, one, firsts, strict=True)]
    if _none(bends, at.middle):
        return [side * first / _STEP for first in firsts]
    changes = [
        [_change(a, m) for a, m in zip(at(side * j), at.middle, strict=True)] for j in range(9)
    ]
    found = _agreed([_weighted(weights, changes) for weights in _FORWARD], at.middle)
    return [side * slope for slope in found]


def _change(one: Array, other: Array) -> Array:
    """Return the difference, none where both are the same infinity."""
    found: Array = np.subtract(one, other, out=np.zeros_like(one), where=one != other)
    return found


def _none(bends: Sequence[Array], middle: Sequence[Array]) -> bool:
    sizes = [np.where(np.isfinite(m), np.abs(m), 0.0) for m in middle]
    return all(bool(np.all(np.abs(b) <= _LINEAR * s)) for b, s in zip(bends, sizes, strict=True))


def _weighted(weights: Sequence[float], changes: Sequence[Sequence[Array]]) -> list[Array]:
    return [
        sum(w * a for w, a in zip(weights, arrays, strict=True)) / _STEP
        for arrays in zip(*changes, strict=True)
    ]


def _agreed(orders: Sequence[Sequence[Array]], middle: Sequence[Array]) -> list[Array]:
    """Return the slopes of the highest order, if the one below nearly gives them."""
    *_, lower, best = orders
    for low, slope, value in zip(lower, best, middle, strict=True):
        size = np.where(np.isfinite(value), np.abs(value), 0.0)
        allowed = _AGREE * (size + np.abs(slope)) + _ROUND_OFF * size.max(initial=0.0)
        if not np.all(np.abs(slope - low) <= allowed):
            raise NotSmooth
    return list(best)
