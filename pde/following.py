"""Regions that follow fields: what of a mesh cell lies where a field is above or below a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray

# How steep a share of 1 at most rises, per width: the slope of 3 t^2 - 2 t^3.
STEEPEST = 1.5


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Where the field in row `row` is above `value` (its unit), or below it.

    Over `width` x value about it the share rises smoothly from 0 to 1, by 3 t^2 - 2 t^3, so that
    what depends on it has a derivative, and steps an order.
    """

    row: int
    value: float
    above: bool
    width: float

    def __post_init__(self) -> None:
        if not self.value > 0 or not 0 < self.width <= 2:
            msg = (
                f"a threshold of {self.value:g} and a width of {self.width:g} of it: needed are a "
            )
            raise InputError(msg + "threshold above 0 and a width above 0, at most 2")

    def share(self, state: Array) -> Array:
        """Return the share (cells,) of each cell, of densities `state` (species, cells)."""
        t = (state[self.row] / self.value - 1.0) / self.width
        t = np.clip((t if self.above else -t) + 0.5, 0.0, 1.0)
        return np.asarray(t * t * (3.0 - 2.0 * t))


@dataclass(frozen=True, kw_only=True, eq=False)
class FollowingRegion:
    """A region that moves: `within` (cells,) a fixed one, where any of `terms` holds.

    A term holds where all its thresholds do: of shares the smallest, of terms the largest. Without
    terms it is all that it lies `within`.
    """

    name: str
    within: Array
    terms: tuple[tuple[Threshold, ...], ...]

    @property
    def steepness(self) -> float:
        """How much faster than its share what is in the region may change with the field."""
        return max((1.0 + STEEPEST / e.width for term in self.terms for e in term), default=1.0)

    def share(self, state: Array) -> Array:
        """Return the share (cells,) of each cell in the region at densities `state`."""
        if not self.terms:
            return self.within
        terms = [np.min([each.share(state) for each in term], axis=0) for term in self.terms]
        return np.asarray(self.within * np.max(terms, axis=0))
