"""Body and a tumour of few voxels, advanced together from event to event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.coupling.as_one_system import AsOneSystem
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.advance import SHORTEST
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.ends import lowest_end, nearest_to_end
from cartflow.coupling.line.stepper import Going
from cartflow.coupling.state import State
from cartflow.coupling.voxels.arrays import Plan, Room
from cartflow.coupling.voxels.method import ROS34PW2_OF_VOXELS as METHOD
from cartflow.coupling.voxels.plan import plan, room
from cartflow.coupling.voxels.stages import attempt

Array = np.ndarray
_GROWTH = 5.0
_NEAR = 1e-9  # to a least amount, as a share
_PAUSE = 64  # steps between looks at signals


class VoxelStepper(AsOneSystem):
    """Steps a coupled system `of_few_voxels` whose parameters and infusions stay as they are."""

    def __init__(self, coupled: Coupled, control: StepControl) -> None:
        super().__init__(coupled, control.minimum_step)
        self.control = control
        self.passed: list[State] = []

    @cached_property
    def plan(self) -> Plan:
        """The system's arrays."""
        return plan(self.coupled)

    @cached_property
    def room(self) -> Room:
        """Where steps are worked out."""
        return room(self.plan, self.coupled.engine.problem, METHOD.shares.size)

    def advance(
        self,
        old: State,
        going: Going,
        end: float,
        floor: Array,
        least: Array | None,
        times: Sequence[float] = (),
    ) -> tuple[State, Going]:
        """Return the state at `end` (days), or where a species falls below its `least` amount.

        It also returns early after many steps, so that signals can be looked at. Steps end at
        those `times` before the end that they pass, whose states are left in `passed`. Amounts
        below `floor` do not count as errors. Raises `StepFailed` naming the field.
        """
        self.passed, state, taken = [], old, going.taken
        stops = [*(time for time in times if time > old.time), end]
        wanted = np.zeros_like(floor) if least is None else np.where(np.isfinite(least), least, 0.0)
        for stop in stops:
            state, going, early = self._towards(state, going, stop, floor, wanted, taken + _PAUSE)
            if early:
                break
            if stop < end:
                self.passed.append(state)
        return state, going

    def _towards(
        self, old: State, going: Going, stop: float, floor: Array, least: Array, most: int
    ) -> tuple[State, Going, bool]:
        """Return the state at `stop`, or before it where a species falls or steps are too many."""
        system, w = self.plan, self.room
        supply, injected = self.coupled.dosing.infusion(old.time)
        into = np.ascontiguousarray(supply.T)
        u, body = np.array(old.tumour, order="C"), np.array(old.body.T, order="C")
        counts = self._none_counted()
        time, fallen = 0.0, False
        left = stop - old.time
        while time < left and not fallen and going.taken < most:
            rest = left - time
            step, refused = going.step, going.refused
            while True:
                days = rest if step >= rest * (1.0 - 1e-9) else min(step, max(0.5 * rest, SHORTEST))
                before = Counts(*(each.copy() for each in counts))
                error, which = attempt(
                    system,
                    METHOD.tableau,
                    METHOD.errors,
                    METHOD.shares,
                    self.control.tolerance,
                    days,
                    u,
                    body,
                    into,
                    floor,
                    counts,
                    w,
                )
                scaled = error / self.control.tolerance
                if not scaled <= 1.0:
                    refused += 1
                    power = -1.0 / METHOD.tableau.order
                    step = days * (max(0.2, 0.9 * scaled**power) if np.isfinite(scaled) else 0.2)
                    if step < (self.minimum if which < len(u) else min(self.minimum, SHORTEST)):
                        raise self.underflow(which, u, old.time + time)
                    continue
                lowest = lowest_end(system, u, w.u, least)
                if lowest < 1.0 - _NEAR and days > SHORTEST:
                    above = max(np.log(nearest_to_end(system, u, least)), 0.0)
                    share = above / (above - np.log(max(lowest, 1e-300)))
                    share = min(max(share * (1.0 + 1e-10), 0.01), 0.98)
                    step, counts = max(days * share, 0.99 * SHORTEST), before
                    continue
                break
            u[:], body[:] = w.u, w.body
            fallen = lowest < 1.0
            time = left if days == rest else time + days
            going = self._next(going, days, step, scaled, refused)
        new = replace(old, time=stop if time == left else old.time + time)
        return self._counted(new, u, body, counts, supply, injected, time), going, time < left

    def _next(self, going: Going, days: float, step: float, scaled: float, refused: int) -> Going:
        """Return how the run goes on after a step: a controller with memory (Gustafsson)."""
        power = 1.0 / METHOD.tableau.order
        scaled = max(scaled, 1e-6)
        factor = 0.9 * scaled ** (-0.7 * power) * going.last ** (0.4 * power)
        grown = min(days * min(_GROWTH, max(0.2, factor)), self.control.maximum_step)
        # A step cut short to land on an event does not shorten the step after it.
        step = grown if days == step else max(grown, step)
        error = going.error_sum + scaled * self.control.tolerance
        return Going(step, scaled, going.taken + 1, refused, error)

    def _none_counted(self) -> Counts:
        reactions = len(self.coupled.engine.problem.network.reactions)
        none = np.zeros(0)
        egress = np.zeros(len(self.coupled.products))
        return Counts(np.zeros(reactions), np.zeros(reactions), egress, none, none)

    def _counted(
        self,
        new: State,
        u: Array,
        body: Array,
        counts: Counts,
        supply: Array,
        injected: Array,
        days: float,
    ) -> State:
        """Return the state with what is there, and with what happened in so many `days`."""
        infused = self.coupled.dosing.counted(supply, injected) * days
        each = Counts(*(values[None] for values in counts))
        there = body[None].copy()
        [ledger] = self.counted(new.ledger, each, there, infused[None])
        state = replace(new, tumour=u, body=there[0].T.copy(), ledger=ledger)
        failure = self.unbalanced(state)
        if failure is not None:
            raise failure
        return state
