"""Body and a tumour of few voxels, advanced together from event to event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.accounts import AsOneSystem
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.stepper import Going
from cartflow.coupling.state import State
from cartflow.coupling.voxels.arrays import Plan, Room
from cartflow.coupling.voxels.method import ROS34PW2_OF_VOXELS as METHOD
from cartflow.coupling.voxels.plan import plan, room
from cartflow.coupling.voxels.way import TooShort, Way
from cartflow.pde.blame import fastest_growing

Array = np.ndarray
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
        self.passed, state, most = [], old, going.taken + _PAUSE
        for stop in [*(time for time in times if time > old.time), end]:
            state, going = self._towards(state, going, stop, floor, least, most)
            if state.time < stop:
                break
            if stop < end:
                self.passed.append(state)
        return state, going

    def _towards(
        self,
        old: State,
        going: Going,
        stop: float,
        floor: Array,
        least: Array | None,
        most: int,
    ) -> tuple[State, Going]:
        """Return the state at `stop`, or before it where one falls or `most` steps are over."""
        supply, given, wanted = self.beginning(old.time, least)
        start, left = (
            (np.array(old.tumour, order="C"), np.array(old.body.T, order="C")),
            stop - old.time,
        )
        way = Way(self.plan, self.room, self.control, start, supply, floor, wanted)
        try:
            while way.time < left and not way.fallen and going.taken < most:
                going = way.step(going, left)
        except TooShort as short:
            which, network = short.which, self.coupled.engine.problem.network
            if not short.finite:
                which = fastest_growing(network, way.u, which)
            raise self.underflow(which, way.u, old.time + way.time) from None
        new = replace(old, time=stop if way.time == left else old.time + way.time)
        return self._counted(new, way, given * way.time), going

    def _counted(self, new: State, way: Way, infused: Array) -> State:
        """Return the state with what is there at the end of a way, and with what happened."""
        each, there = Counts(*(values[None] for values in way.counts)), way.body[None].copy()
        [ledger] = self.counted(new.ledger, each, there, infused[None])
        state = replace(new, tumour=way.u, body=there[0].T.copy(), ledger=ledger)
        failure = self.unbalanced(state)
        if failure is not None:
            raise failure
        return state
