"""What leaves the tissue for the draining node within a step, and how it changes in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.core.compiling import summing
from cartflow.core.outcome import StepFailed
from cartflow.core.totals import totals
from cartflow.pde.problem import Problem

Array = np.ndarray

# Of all cells infused: what is less is lost in the rounding of any balance.
_NEGLIGIBLE = 1e-20


_KEPT = 3  # times whose weights are kept: of a step whole and as halves, and of none


@dataclass(frozen=True, kw_only=True, eq=False)
class _Through:
    """What leaves a day of a product that travels: of what has `stayed` for some time (cells).

    That is per cell per mm^3; `arrived` and `injected` are of what came so all along.
    """

    stayed: Array
    arrived: float
    injected: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Draining:
    """The way of product cells (rows `products` of the problem's species) through the tissue.

    `injection` weights (1/mm^3 per mesh cell) place what is infused into the tumour, `arrival` what
    vessels hand over; `egress` (1/day per mesh cell) is that of now.
    """

    problem: Problem
    products: Array
    arrival: Array
    injection: Array
    egress: Array
    _known: dict[float, _Through] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _rates(self) -> Array:
        return self.egress * self.problem.geometry.cell_volumes

    @cached_property
    def _kinds(self) -> tuple[Array, Array | slice]:
        """Return values of the egress, and which of them every cell has.

        In a region it is one rate or none, of which exponentials are soon worked out.
        """
        most = self.egress.max(initial=0.0)
        there = self.egress == most
        if np.all(there | (self.egress == 0.0)):
            return np.array([0.0, most]), there.astype(np.intp)
        return self.egress, slice(None)

    @cached_property
    def _travels(self) -> Array:
        """Which of the products leave (bool per product), all of them at the same rate."""
        return np.ascontiguousarray(self.problem.travels[self.products])

    def at(self, tumour: Array, arrival: Array) -> Draining:
        """Return it as it is at `tumour`, where regions may follow its fields."""
        if not self.problem.following:
            return self
        return replace(self, arrival=arrival, egress=self.problem.egress_at(tumour))

    def leaving(self, tumour: Array) -> Array:
        """Return the rate at which products leave the tissue for the node, cells/day."""
        return self._weighed(tumour, self._rates)

    def brought(self, cells: Array) -> Array:
        """Return the rate at which `cells` (products) that have just been delivered leave."""
        return cells * (self._travels * self._through(0.0).arrived)

    def leaving_after(self, tumour: Array, coming: Array, injected: Array, time: float) -> Array:
        """Return what leaves a day after some `time` in which products come and drain, and no more.

        `coming` have come by then, `injected` are infused per day.
        """
        through = self._through(time)
        arrived, infused = self._travels * through.arrived, self._travels * through.injected
        stayed = self._weighed(tumour, through.stayed)
        return stayed + coming * arrived + injected * time * infused

    def _through(self, time: float) -> _Through:
        """Return the weights of some `time`; those of the last few are kept."""
        if time not in self._known:
            if len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)))
            values, which = self._kinds
            past = values * time
            kept = np.divide(-np.expm1(-past), past, out=np.ones_like(past), where=past > 0)
            rates = self._rates
            leaving = (rates * kept[which])[None]
            self._known[time] = _Through(
                stayed=rates * np.exp(-past)[which],
                arrived=float(totals(leaving, self.arrival)[0]),
                injected=float(totals(leaving, self.injection)[0]),
            )
        return self._known[time]

    def _weighed(self, tumour: Array, weights: Array) -> Array:
        """Return the sums over cells of the densities times `weights` of products that leave."""
        found = np.zeros(self.products.size)
        _add_up(tumour, self.products, self._travels, weights, found)
        return found


@summing
def _add_up(tumour: Array, products: Array, travels: Array, weights: Array, found: Array) -> None:
    for k in range(products.size):
        if travels[k]:
            total = 0.0
            for c in range(tumour.shape[1]):
                total += tumour[products[k], c] * weights[c]
            found[k] = total


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
