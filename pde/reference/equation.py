"""What a step asks of one field's equation, whichever engine states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Coefficients:
    """d(s u)/dt = div(D grad u - v u) + gain - loss u: s, gain, loss per mesh cell.

    `diffusivity` D (mm^2/day) and `velocity` v (mm/day, owner to neighbour; None where nothing
    drifts) stand on the interior faces. Every exterior face is closed: what crosses a boundary
    is a gain or a loss of the cells beside it.
    """

    storage: Array
    gain: Array
    loss: Array
    diffusivity: Array
    velocity: Array | None


class Equation(Protocol):
    """One field's equation: backward Euler in time, upwind for v."""

    def solve(self, amount: Array, dt: float, coefficients: Coefficients) -> Array:
        """Return u after `dt` days from `amount` (s u before the step) per mesh cell."""

    def rate(self, values: Array, coefficients: Coefficients) -> Array:
        """Return the right-hand side at `values`, amount/mm^3/day per mesh cell."""


def conserved(
    values: Array, amount: Array, dt: float, coefficients: Coefficients, volumes: Array
) -> Array:
    """Scale `values` to the total that the sum of all rows of the equation gives.

    Fluxes cancel in that sum; where they are large against it, a solver's round-off is too.
    """
    wanted = volumes @ (amount / dt + coefficients.gain)
    got = volumes @ ((coefficients.storage / dt + coefficients.loss) * values)
    return values * (wanted / got) if got > 0 else values
