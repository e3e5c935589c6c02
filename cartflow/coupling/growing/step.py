"""One step of a body and a tumour that grows: a Rosenbrock-W step with all that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from cartflow.coupling.growing import tableau
from cartflow.coupling.growing.arrays import Arrays
from cartflow.coupling.growing.rates import Point, Rates, rates
from cartflow.coupling.growing.slopes import slopes

Array = np.ndarray
_FAINT = 1e-9  # of the largest: what is less is as good as nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """What happened in a step: `events` (R, C), and per entry of crossings in and out; `left`."""

    events: Array
    entered: Array
    out: Array
    left: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """The `point` after a step, what was counted, and the `error` of all unknowns."""

    point: Point
    counts: Counts
    error: Array


class From:
    """The steps from one point: what does not depend on their length is worked out once."""

    def __init__(self, arrays: Arrays, point: Point, supply: Array) -> None:
        self.arrays, self.point, self.supply = arrays, point, supply
        self._first = rates(arrays, point, supply)
        self._slopes = slopes(arrays, point, self._first)

    def step(self, days: float) -> Step | None:
        """Return what a step of `days` makes of the point.

        None where numbers overflow, something grows so fast that the step would damp it, or nothing
        is left of the volume.
        """
        arrays, matrix = self.arrays, self._slopes.matrix
        system = np.eye(arrays.size) - (days * tableau.GAMMA) * matrix
        if not (np.isfinite(system).all() and np.diag(system).min() > 0.0):
            return None
        # In units of the sizes of unknowns, so that no digits are lost between species.
        sizes = self._sizes
        factors = lu_factor(system * (sizes / sizes[:, None]), check_finite=False)
        start = self.point.vector()
        stages: list[Array] = []
        found: list[Rates] = []
        along: list[Array] = []
        for i in range(tableau.STAGES):
            stage = start + days * _combined(tableau.ALPHA[i], stages, start.size)
            if not stage[arrays.expansion] > 0.0:
                return None
            here = self._first if i == 0 else self._rates(stage)
            between = _combined(tableau.BETWEEN[i], stages, start.size)
            right = here.change + days * (matrix @ between)
            stages.append(_solved(factors, system, right, sizes))
            found.append(here)
            along.append(days * (between + tableau.GAMMA * stages[-1]))
        end = start + days * _combined(tableau.WEIGHTS, stages, start.size)
        other = days * _combined(tableau.WEIGHTS - tableau.LOWER, stages, start.size)
        return Step(
            point=Point.of(end, arrays), counts=self._counted(days, found, along), error=other
        )

    @cached_property
    def _sizes(self) -> Array:
        """About how large each unknown is; those of a species and of a product alike."""
        point, cells = self.point, self.arrays.shape[1]
        fields = np.abs(point.start).max(axis=1)
        fields = np.maximum(fields, _FAINT * (fields.max() or 1.0))
        body = np.maximum(np.abs(point.body).max(axis=0, initial=0.0), 1.0)
        return np.concatenate(
            [np.tile(fields, cells), [point.expansion], np.repeat(body, len(self.arrays.body))]
        )

    def _rates(self, stage: Array) -> Rates:
        return rates(self.arrays, Point.of(stage, self.arrays), self.supply)

    def _counted(self, days: float, found: list[Rates], along: list[Array]) -> Counts:
        """Return what the stages count, by the same combination as the state."""
        arrays, given = self.arrays, self._slopes
        weights = days * tableau.WEIGHTS
        crossings, point = arrays.crossings, self.point
        events = sum(w * r.events for w, r in zip(weights, found, strict=True))
        entered = sum(w * r.entered for w, r in zip(weights, found, strict=True))
        out = sum(w * r.out for w, r in zip(weights, found, strict=True))
        left = sum(w * r.left for w, r in zip(weights, found, strict=True))
        moved = sum(w * z for w, z in zip(weights, along, strict=True))
        species, cells = arrays.shape
        start = moved[: arrays.expansion].reshape(cells, species).T
        expansion = moved[arrays.expansion]
        now = (start - point.now * expansion) / point.expansion
        events += np.einsum("rsc,sc->rc", given.events, now)
        events += self._first.events / point.expansion * expansion
        there = point.now[crossings.species, crossings.cell]
        leaves = crossings.strengths(point.expansion)[1]
        entered += given.enters * expansion
        out += leaves * now[crossings.species, crossings.cell] + given.leaves * there * expansion
        left += (arrays.egress * arrays.volumes * start[arrays.products]).sum(axis=1)
        return Counts(events=events, entered=entered, out=out, left=left)


def _solved(factors: Any, system: Array, right: Array, sizes: Array) -> Array:
    """Return the solution, once refined: sums that stay do so to the last digits."""
    found = lu_solve(factors, right / sizes, check_finite=False) * sizes
    left = right - system @ found
    return np.asarray(found + lu_solve(factors, left / sizes, check_finite=False) * sizes)


def _combined(weights: Array, stages: list[Array], size: int) -> Array:
    found = np.zeros(size)
    for weight, stage in zip(weights, stages, strict=False):
        if weight != 0.0:
            found += weight * stage
    return found
