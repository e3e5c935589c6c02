"""Compiled loops of the drift over equal voxels (see `laid_out` for the arrays)."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.pde.lines.kernels import limited
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray


def drift_flux(
    u: Array,
    attractant: Array,
    response: Array,
    law: Array,
    spacing: Array,
    areas: Array,
    volumes: Array,
    ahead: Array,
    behind: Array,
    out: Array,
) -> float:
    """Write u v A through the face ahead of each cell, upwind with a limited slope.

    v = chi f(a) grad a at the face, with |v| bounded; `law` = (chi, bound), `response` = f(a) in
    the cells. Returns the largest sum of |v| A/V over the faces ahead of a cell, 1/day.
    """

    def part(first: int, last: int) -> float:
        return _flux(
            u,
            attractant,
            response,
            law,
            spacing,
            areas,
            volumes,
            ahead,
            behind,
            first,
            last,
            out,
        )

    return max(in_parts(part, u.size, u.size))


@fused
def _flux(
    u: Array,
    attractant: Array,
    response: Array,
    law: Array,
    spacing: Array,
    areas: Array,
    volumes: Array,
    ahead: Array,
    behind: Array,
    first: int,
    last: int,
    out: Array,
) -> float:
    """Do as `drift_flux` for the cells first <= c < last."""
    fastest = 0.0
    for c in range(first, last):
        total = 0.0
        for a in range(ahead.shape[0]):
            n = ahead[a, c]
            if n == c:
                out[a, c] = 0.0
                continue
            mean = 0.5 * (response[c] + response[n])
            speed = law[0] * mean * (attractant[n] - attractant[c]) / spacing[a]
            rate = min(max(speed, -law[1]), law[1]) * areas[a, c]
            out[a, c] = rate * _upwind(u, c, n, behind[a, c], ahead[a, n], rate)
            total += abs(rate) / min(volumes[c], volumes[n])
        fastest = max(fastest, total)
    return fastest


def carried(u: Array, rates: Array, ahead: Array, behind: Array, out: Array) -> None:
    """Write u v A through the face ahead of each cell, given the `rates` v A, mm^3/day.

    Rows beyond those of the three axes hold faces onto cells of another width: first order.
    """
    in_parts(lambda a, b: _carried(u, rates, ahead, behind, a, b, out), u.size, u.size)


@fused
def _carried(
    u: Array, rates: Array, ahead: Array, behind: Array, first: int, last: int, out: Array
) -> None:
    """Do as `carried` for the cells first <= c < last."""
    for a in range(ahead.shape[0]):
        for c in range(first, last):
            n, rate = ahead[a, c], rates[a, c]
            if rate == 0.0:
                out[a, c] = 0.0
            elif a < 3:
                out[a, c] = rate * _upwind(u, c, n, behind[a, c], ahead[a, n], rate)
            else:
                out[a, c] = rate * (u[c] if rate > 0.0 else u[n])


@fused
def _upwind(u: Array, c: int, n: int, before: int, after: int, rate: float) -> float:
    """Return the value at the face from c to n; first order beside a rim."""
    if rate >= 0.0:
        return u[c] if before == c else limited(u[before], u[c], u[n])
    return u[n] if after == n else limited(u[after], u[n], u[c])
