"""Walls through which cells leak, as a film lets them: exact at a plane however long a step."""

from __future__ import annotations

import math

import numpy as np

from cartflow.core.compiling import serial

_LARGE = 20.0
_ROOT = math.sqrt(math.pi)


@serial
def leaked(start, end, film, d, days):  # type: ignore[no-untyped-def]
    """Return the chance to have leaked out between two distances (mm) from a wall that reflects.

    With the film's coefficient k and D t = `d` times `days` it is k sqrt(4 pi t / D) erfcx(b) /
    (1 + exp(x y / (D t))), b = (x + y) / sqrt(4 D t) + k sqrt(t / D): one less the kernel of a wall
    with a film over that of a wall without (Carslaw and Jaeger 1959, section 14.2).
    """
    spread = d * days
    near = start * end / spread
    if near > _LARGE:
        return 0.0
    b = (start + end) / np.sqrt(4.0 * spread) + film * np.sqrt(days / d)
    through = film * np.sqrt(4.0 * days / d) * _ROOT
    return min(through * scaled_erfc(b) / (1.0 + np.exp(near)), 1.0)


@serial
def scaled_erfc(b):  # type: ignore[no-untyped-def]
    """Return exp(b^2) erfc(b) for b of 0 or more."""
    if b < _LARGE:
        return math.exp(b * b) * math.erfc(b)
    return (1.0 - 0.5 / (b * b)) / (b * _ROOT)
