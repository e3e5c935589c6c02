"""The way from one stop to the next of a body and a tumour of few voxels, step by step."""

from __future__ import annotations

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.coupling.line.advance import NEAR, SHORTEST
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.ends import lowest_end, nearest_to_end, share_to_end
from cartflow.coupling.line.stepper import Going
from cartflow.coupling.voxels.arrays import Plan, Room
from cartflow.coupling.voxels.method import ROS34PW2_OF_VOXELS as METHOD
from cartflow.coupling.voxels.stages import attempt

Array = np.ndarray
_POWER = 1.0 / METHOD.tableau.order


class TooShort(Exception):
    """The step fell below the least for the error of field `which`, or of the body's."""

    def __init__(self, which: int, finite: bool) -> None:
        super().__init__()
        self.which, self.finite = which, finite


class Way:
    """Where a run stands on its way: `u` and `body`, what `counts`, and the `time` since its start.

    A species that falls below its `least` amount ends it: it has `fallen`.
    """

    def __init__(
        self,
        plan: Plan,
        room: Room,
        control: StepControl,
        state: tuple[Array, Array],
        supply: Array,
        floor: Array,
        least: Array,
    ) -> None:
        self.plan, self.room, self.control = plan, room, control
        self.u, self.body = state
        self.supply, self.floor, self.least = supply, floor, least
        self.counts = _none_counted(plan)
        self.time, self.fallen = 0.0, False

    def step(self, going: Going, end: float) -> Going:
        """Take a step, at most to `end`; return how it goes on. Raises `TooShort`."""
        left, wished, refused = end - self.time, going.step, going.refused
        while True:
            days = left if wished >= left * (1.0 - 1e-9) else min(wished, max(0.5 * left, SHORTEST))
            scaled, which, counts = self._try(days)
            if not scaled <= 1.0:
                refused += 1
                wished = self._shorter(days, scaled, which)
                continue
            share, self.fallen = self._landing()
            if share < 1.0 and days > SHORTEST:
                wished = max(days * share, 0.99 * SHORTEST)
                continue
            break
        self.u[:], self.body[:], self.counts = self.room.u, self.room.body, counts
        self.time = end if days == left else self.time + days
        return self._next(going, days, wished, scaled, refused)

    def _try(self, days: float) -> tuple[float, int, Counts]:
        """Return the error of a step by the tolerance, whose it is, and the counts after it."""
        counts = Counts(*(each.copy() for each in self.counts))
        weights = METHOD.tableau, METHOD.errors, METHOD.shares
        most, u, body = self.control.tolerance, self.u, self.body
        error, which = attempt(
            self.plan, *weights, most, days, u, body, self.supply, self.floor, counts, self.room
        )
        return error / most, which, counts

    def _shorter(self, days: float, scaled: float, which: int) -> float:
        """Return the step to try after one of `days` was refused."""
        finite = bool(np.isfinite(scaled))
        wished = days * (max(0.2, 0.9 * scaled**-_POWER) if finite else 0.2)
        least = self.control.minimum_step
        if wished < (least if which < len(self.u) else min(least, SHORTEST)):
            raise TooShort(which, finite)
        return wished

    def _landing(self) -> tuple[float, bool]:
        """Return the share of the step after which a species falls, and whether any has."""
        lowest = lowest_end(self.plan, self.u, self.room.u, self.least)
        if lowest >= 1.0 - NEAR:
            return 1.0, lowest < 1.0
        return share_to_end(nearest_to_end(self.plan, self.u, self.least), lowest), True

    def _next(self, going: Going, days: float, wished: float, scaled: float, refused: int) -> Going:
        """Return how the run goes on after a step."""
        last = max(scaled, 1e-6)
        step = self.control.after(days, wished, last, going.last, METHOD.tableau.order)
        error = going.error_sum + scaled * self.control.tolerance
        return Going(step, last, going.taken + 1, refused, error)


def _none_counted(plan: Plan) -> Counts:
    reactions, products = plan.kinetics.counted.size, plan.body.products.size
    none = np.zeros(0)
    return Counts(np.zeros(reactions), np.zeros(reactions), np.zeros(products), none, none)
