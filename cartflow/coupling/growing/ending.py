"""The end of a step: its error, what was below zero, and where a species dies out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.coupling.growing import tableau
from cartflow.coupling.growing.arrays import Arrays
from cartflow.coupling.growing.rates import Point
from cartflow.coupling.growing.step import Counts, Step
from cartflow.coupling.line.advance import NEAR
from cartflow.coupling.line.ends import NONE, share_to_end
from cartflow.pde.operators.limiter import fill

Array = np.ndarray
# A compartment counts as if it held at least this share of its product's cells in the body.
_SHARE = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A step's end without anything below zero, and its `error` in units of the tolerance.

    `which` says whose it is: a field's number, or one more for the volume, two for the body.
    """

    point: Point
    counts: Counts | None
    error: float
    which: int

    @property
    def shorter(self) -> float:
        """By what to shorten a step that was refused."""
        if not np.isfinite(self.error):
            return 0.2
        return max(0.2, 0.9 * self.error ** (-1.0 / tableau.ORDER))


def judge(arrays: Arrays, step: Step | None, control: StepControl, floor: Array) -> Judged:
    """Return the end of a `step`; amounts below `floor` (fields,) do not count as errors."""
    lost = Point(start=np.zeros(0), expansion=0.0, body=np.zeros(0))
    if step is None or not step.point.expansion > 0.0:
        return Judged(point=lost, counts=None, error=np.inf, which=len(floor))
    errors = _errors(arrays, step, floor)
    if not np.isfinite(errors).all():
        which = int(np.flatnonzero(~np.isfinite(errors))[0])
        return Judged(point=lost, counts=None, error=np.inf, which=which)
    point, moved = _nonnegative(arrays, step.point, floor)
    errors[: moved.size] = np.maximum(errors[: moved.size], moved)
    which = int(np.argmax(errors))
    error = float(errors[which]) / control.tolerance
    return Judged(point=point, counts=step.counts, error=error, which=which)


def _errors(arrays: Arrays, step: Step, floor: Array) -> Array:
    """Return relative errors of every field, of the volume, and of the body."""
    error = Point.of(step.error, arrays)
    sizes = (np.abs(step.point.start) * arrays.held).sum(axis=1)
    fields = (np.abs(error.start) * arrays.held).sum(axis=1) / (sizes + floor)
    volume = abs(error.expansion) / max(step.point.expansion, 1e-300)
    body = np.abs(step.point.body)
    least = floor[arrays.products] + _SHARE * body.sum(axis=0)
    organs = (np.abs(error.body) / (body + least)).max(initial=0.0)
    return np.array([*fields, volume, organs if np.isfinite(organs) else np.inf])


def _nonnegative(arrays: Arrays, point: Point, floor: Array) -> tuple[Point, Array]:
    """Return the point with what was below zero filled up, and the share of each field moved.

    It is filled from the cells beside it, or from all compartments, so that totals stay; of
    species that are in no balance, what cannot be filled is none. Nor is a product that comes of
    another as that arrives, of which a short step leaves next to nothing, below zero throughout.
    """
    start, body = point.start.copy(), point.body.copy()
    moved = np.zeros(len(start))
    cells = np.arange(start.shape[1])
    ahead = np.minimum(cells + 1, cells[-1])[None]
    behind = np.maximum(cells - 1, 0)[None]
    for s in np.flatnonzero(start.min(axis=1) < 0.0):
        size = float(np.abs(start[s]) @ arrays.held[s]) + floor[s]
        gone, missing = fill(start[s], arrays.held[s], ahead, behind), -start[s] @ arrays.held[s]
        if not np.isfinite(gone) and s not in arrays.products:
            gone = float(np.maximum(-start[s], 0.0) @ arrays.held[s])
            start[s] = np.maximum(start[s], 0.0)
        elif not np.isfinite(gone) and missing <= NONE * floor[s]:
            gone, start[s] = 0.0, 0.0
        moved[s] = gone / size
    for p, s in enumerate(arrays.products):
        short = -np.minimum(body[:, p], 0.0).sum()
        if short > 0.0:
            have = np.maximum(body[:, p], 0.0)
            if short >= have.sum():
                none = short <= NONE * floor[s]
                moved[s] = max(moved[s], 0.0 if none else np.inf)
                body[:, p] = 0.0 if none else body[:, p]
                continue
            moved[s] = max(moved[s], short / (have.sum() + floor[s]))
            body[:, p] = have * (1.0 - short / have.sum())
    return replace(point, start=start, body=body), np.where(moved > 1e-8, moved, 0.0)


def landing(arrays: Arrays, old: Point, new: Point, least: Array) -> tuple[float, bool]:
    """Return the share of a step after which the first species is just below its `least` amount.

    One, if none is far below; with whether any is below. What was below it before does not count.
    """
    before = (old.start * arrays.held).sum(axis=1)
    after = (new.start * arrays.held).sum(axis=1)
    counts = (least > 0.0) & (before >= least)
    if not counts.any():
        return 1.0, False
    lowest = float((after[counts] / least[counts]).min())
    if lowest >= 1.0 - NEAR:
        return 1.0, lowest < 1.0
    return share_to_end(float((before[counts] / least[counts]).min()), lowest), True
