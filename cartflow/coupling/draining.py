"""What leaves the tissue for the draining node within a step, and how it changes in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.totals import totals
from cartflow.coupling.door import Door
from cartflow.pde.problem import Problem

Array = np.ndarray

# Of all cells infused: what is less is lost in the rounding of any balance.
_NEGLIGIBLE = 1e-20


@dataclass(frozen=True, kw_only=True, eq=False)
class Draining:
    """The way of product cells (rows `products` of the problem's species) through the tissue.

    `injection` weights (1/mm^3 per mesh cell) place what is infused into the tumour.
    """

    problem: Problem
    products: Array
    door: Door
    injection: Array

    def leaving(self, tumour: Array) -> Array:
        """Return the rate at which products leave the tissue for the node, cells/day."""
        rates = self._removed * tumour[self.products]
        return totals(rates, self.problem.geometry.cell_volumes)

    def drained(self, tumour: Array, coming: Array, injected: Array, time: float) -> Array:
        """Return the tumour after some `time` in which products come and drain, and no more.

        `coming` have come by then, `injected` are infused per day.
        """
        past = self._removed * time
        kept = np.divide(-np.expm1(-past), past, out=np.ones_like(past), where=past > 0)
        after = tumour.copy()
        after[self.products] *= np.exp(-past)
        new = self.door.deliver(coming) + np.outer(injected * time, self.injection)
        after[self.products] += new * kept
        return after

    @cached_property
    def _removed(self) -> Array:
        return np.asarray(self.problem.travels[self.products, None] * self.problem.egress)


def ramp(
    mean: Array, last: Array, time: float, infused: float, names: Sequence[str]
) -> tuple[Array, Array]:
    """Return first and last of a rate with the given mean that ends at `last`, never negative.

    Raises `StepFailed` where even the mean is negative: more has drained in `time` (days) than
    left. What is nothing against all cells `infused` is none.
    """
    for name, drained in zip(names, mean * time, strict=True):
        if drained < -_NEGLIGIBLE * infused:
            raise StepFailed(name, "its egress falls too fast")
    mean = np.maximum(mean, 0.0)
    last = np.clip(last, 0.0, 2.0 * mean)
    return 2.0 * mean - last, last
