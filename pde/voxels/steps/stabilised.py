"""A stabilised explicit step of second order (RKL2) for tumours of equal voxels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit
from cartflow.kinetics.compiled.network import addresses, compiled
from cartflow.pde.blame import fastest_growing
from cartflow.pde.extents import Extents
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Staged, Stepped
from cartflow.pde.voxels.laid_out import Kinetics
from cartflow.pde.voxels.operator import VoxelOperator, VoxelOperators
from cartflow.pde.voxels.reaction_speed import reaction_speed
from cartflow.pde.voxels.steps.block_stages import BlockStages
from cartflow.pde.voxels.steps.stages import (
    EXPLICIT,
    FOURTH_ORDER,
    Stages,
    explicit_stages,
    fourth_order_stages,
    stabilised_stages,
    stable,
    stages_needed,
)
from cartflow.pde.voxels.steps.still_stages import room_for_stages, still_stages
from cartflow.pde.voxels.wave.steps import Wave, can_wave

Array = np.ndarray

# Steps after which the fastest rate of the kinetics is worked out again. Should it grow meanwhile,
# the error's estimate tells, and a step that becomes shorter looks at once.
_OFTEN = 4
MOST_STAGES = 2000
# Cells up to which one thread takes all stages in one call.
_FEW_CELLS = 50_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Begun:
    """Where a step begins, its fastest rate, 1/day, and the stages for a step of `days`."""

    first: Array
    operator: VoxelOperator
    speed: float
    days: float
    stages: int


class Stabilised:
    """Runge-Kutta-Legendre of second order on transport, kinetics, gains and losses at once.

    Needs some sqrt(2 h r) stages where r is the fastest rate of diffusion and kinetics. Nothing is
    split, so a steady state stays; the counts go through the same stages as the state.
    """

    scheme = "RKL2, all fields in the same stages"
    solver = "none, explicit"

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.operators = VoxelOperators(problem)
        code = compiled(problem.network)
        self.addresses = addresses(problem.network)
        network = problem.network
        counted = (network.born + network.died + np.abs(network.converted)).any(axis=0)
        counted = counted | (network.stoichiometry[problem.counts] != 0).any(axis=0)
        self.kinetics = Kinetics(
            np.ascontiguousarray(network.stoichiometry),
            code.parameters,
            counted,
            problem.in_pores,
            problem.solutes,
        )
        self._reaction_speed: float | None = None
        self._steps_since = 0
        self._latest = 0.0
        self._room = np.empty((0, 0, 0))
        self._blocks = BlockStages(problem, self.operators, self.kinetics, self.addresses.rates)

    @cached_property
    def _wave(self) -> Wave | None:
        layout = self.operators.steady_layout
        if layout is None or not can_wave(self._problem, layout):
            return None
        # Passes count rates as they are, which in pores is not what happens in the tissue.
        if (self.kinetics.counted & self.kinetics.in_pores).any():
            return None
        return Wave(self._problem, layout, self.kinetics)

    def right_hand_side(self, state: Array, out: Array | None = None) -> Array:
        """Return d(storage u)/dt (species, cells) at densities `state`, in `out` if it is given."""
        right = np.empty_like(state) if out is None else out
        if self._wave is None:
            self._blocks.slope(self.operators.at_densities(state), right)
        else:
            self._wave.slope(self.operators.amounts(state), right)
        return right

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step over which drift crosses half a voxel, and which field's."""
        return self.operators.drift.step_limit(state)

    def explicit_limit(self, state: Array, dt: float) -> float:
        """Return the longest step, in days, of `explicit_step`, where `dt` is wished for."""
        afresh = self._is_due(dt)
        operator = self.operators.at_densities(state)
        return (EXPLICIT if self.operators.drift.fields else FOURTH_ORDER) / self._speed(
            operator, afresh
        )

    def step(self, state: Array, dt: float, like: float) -> Stepped:
        """Return what `dt` days make of densities `state`.

        The number of stages is that of the step `like`, if that is longer.
        """
        return self.stabilised(self.begun(state, dt, like), dt)

    def begun(self, state: Array, dt: float, like: float) -> Begun:
        """Return the amounts and the operator at `state`, and the stages of a step of `dt` days."""
        first, operator = self.operators.amounts(state), self.operators.at_densities(state)
        # The halves of a step take the number of stages of the whole, which came first.
        afresh = like <= dt and self._is_due(dt)
        speed = self._speed(operator, afresh)
        days = max(dt, like)
        stages = self.stages(speed, days)
        return Begun(first=first, operator=operator, speed=speed, days=days, stages=stages)

    def stages(self, speed: float, days: float) -> int:
        """Return how many stages a step of `days` needs at rates up to `speed`, 1/day."""
        return stages_needed(speed, days, 3 if self.operators.drift.fields else 2)

    def stabilised(self, begun: Begun, dt: float) -> Stepped:
        """Return what `dt` days make of what has `begun`."""
        operator, speed = begun.operator, begun.speed
        if not speed * begun.days <= stable(MOST_STAGES):
            blame = operator.fastest
            if 2.0 * operator.speed < speed:
                blame = fastest_growing(self._problem.network, operator.densities, -1)
            name = "reactions" if blame < 0 else self._problem.fields[blame].name
            raise StepFailed(name, f"the step would need more than {MOST_STAGES} stages")
        stages = stabilised_stages(begun.stages)
        if self._in_one_call:
            return self._still(begun.first, operator, stages, dt)
        return self._through(begun.first, operator, stages, dt)

    def explicit_step(self, state: Array, dt: float, room: Array | None) -> Stepped:
        """Return what `dt` days make of `state` by stages of fourth order, with an estimate.

        With drift, whose limiter these do not keep, they are four of third order. The amounts may
        be written to `room`.
        """
        first, operator = self.operators.amounts(state), self.operators.at_densities(state)
        stages = None
        if not self.operators.drift.fields:
            stages = fourth_order_stages(self._speed(operator, afresh=False) * dt)
        return self._through(first, operator, stages or explicit_stages(), dt, room)

    def let_go(self) -> None:
        """Let go of the memory that passes need, as long as steps are taken by another method."""
        if self._wave is not None:
            self._wave.let_go()

    def memory(self) -> Array:
        """Return the kinetics' speed, the steps since it was worked out, and the last step."""
        speed = np.nan if self._reaction_speed is None else self._reaction_speed
        return np.array([speed, self._steps_since, self._latest])

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned; by nothing if it is empty, as before the first step."""
        speed, since, latest = memory if memory.size else (np.nan, 0.0, 0.0)
        self._reaction_speed = None if np.isnan(speed) else float(speed)
        self._steps_since, self._latest = int(since), float(latest)

    def _is_due(self, dt: float) -> bool:
        """Return whether to look at the kinetics anew before a step of `dt` days."""
        self._steps_since += 1
        due = dt < self._latest or self._steps_since >= _OFTEN
        self._latest = dt
        if due:
            self._steps_since = 0
        return due

    def _speed(self, operator: VoxelOperator, afresh: bool) -> float:
        """Return a bound of the fastest rate, 1/day; of the kinetics' worked out `afresh`."""
        if afresh or self._reaction_speed is None:
            self._reaction_speed = reaction_speed(
                operator.densities,
                operator.fields.porosity,
                self.kinetics,
                self.addresses.jacobian,
            )
        speed = operator.speed + self._reaction_speed
        if not math.isfinite(operator.speed):
            raise StepFailed(self._problem.fields[operator.fastest].name, "its rate is not finite")
        if not math.isfinite(speed):
            raise StepFailed("reactions", "a rate is not finite")
        return speed

    @cached_property
    def _in_one_call(self) -> bool:
        few = self._problem.geometry.size <= _FEW_CELLS
        return few and self.operators.still and self._wave is None

    def _still(self, first: Array, operator: VoxelOperator, stages: Stages, dt: float) -> Stepped:
        if self._room.shape[1:] != first.shape:
            self._room = room_for_stages(first)
        amounts, low, totals = still_stages(
            stages.table(dt),
            first,
            self._room,
            operator.fields,
            self.kinetics,
            self.addresses.rates,
            operator.removal,
        )
        extents = self._extents((dt * stages.shares) @ totals)
        return Stepped(amounts=amounts, extents=extents, low=low)

    def _through(
        self,
        first: Array,
        operator: VoxelOperator,
        stages: Stages,
        dt: float,
        room: Array | None = None,
    ) -> Stepped:
        """Take all `stages` of a step from the amounts `first`."""
        table = stages.table(dt)
        if self._wave is None or not self._wave.fits(len(table)):
            self.let_go()
            found = self._blocks.step(operator, first, table, stages.difference)
        else:
            found = self._wave.step(first, table, stages.difference, room)
        return self.finished(found, dt * stages.shares)

    def finished(self, found: Staged, shares: Array) -> Stepped:
        """Return a step from its stages, each counted for so many days."""
        return Stepped(
            amounts=found.amounts,
            extents=self._extents(shares @ found.totals),
            difference=found.difference,
            size=found.size,
            low=found.low,
        )

    def _extents(self, counts: Array) -> Extents:
        reactions, species = self.kinetics.counted.size, len(self._problem.fields)
        last = 2 * reactions + species
        forwards, reverse = counts[:reactions], counts[reactions : 2 * reactions]
        came, went = counts[last:].reshape(2, -1)
        if came.size:
            # Stages count with weights of either sign; what they cancel has not crossed.
            both = np.minimum(np.minimum(came, went), 0.0)
            came, went = came - both, went - both
        return Extents(
            forwards=forwards,
            reverse=reverse,
            crossing_species=self.operators.crossing_species,
            came=came,
            went=went,
            egress=np.where(self._problem.travels, counts[2 * reactions : last], 0.0),
        )
