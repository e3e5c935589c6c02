"""The steps of tumours of equal voxels: explicit, or implicit for solutes that are stiff."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Stepped
from cartflow.pde.voxels.implicit.methods import ROS2, ROS34PW2, Method
from cartflow.pde.voxels.operator import VoxelOperator
from cartflow.pde.voxels.steps.partitioned import Partitioned, Split
from cartflow.pde.voxels.steps.stabilised import Stabilised

Array = np.ndarray

# Explicit stages of a step beyond which an implicit one is cheaper (docs/engines.md); where the
# error is estimated from halves, explicit steps are three.
MANY_STAGES = 40
MANY_IN_HALVES = 20
# The same where it is the kinetics that ask for stages, whose bound may be far above their rates.
VERY_MANY_STAGES = 200
# Rates times a step up to which a species that is no solute is stepped explicitly, and up to which
# kinetics may be; together they stay within the methods' limit of 2.
_SLOW = 0.8
_MILD = 1.2
_LONG = 10.0  # days: no step is so long
# What stays unsolved of a species in a step, as a share of its amount.
_EXACTNESS = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class _Met:
    """What is known of a `state` (species, cells): its operator, perhaps its split."""

    state: Array
    operator: VoxelOperator
    split: Split | None = None


class VoxelSteps:
    """Chooses for each step between stabilised explicit stages and a partitioned method."""

    scheme = "RKL2, all fields in the same stages; ROS2 and ROS34PW2 for stiff solutes"
    solver = "none, explicit; conjugate gradients with multigrid for stiff solutes"

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._explicit = Stabilised(problem)
        self._operators = self._explicit.operators
        self._met: _Met | None = None
        self._moving_solutes = tuple(
            i for i, item in enumerate(problem.fields) if item.solute and item.mobile
        )

    @cached_property
    def _partitioned(self) -> Partitioned:
        explicit = self._explicit
        return Partitioned(self._problem, self._operators, explicit.kinetics, explicit.addresses)

    def right_hand_side(self, state: Array, out: Array | None = None) -> Array:
        """Return d(storage u)/dt (species, cells) at densities `state`, in `out` if it is given."""
        return self._explicit.right_hand_side(state, out)

    def memory(self) -> Array:
        """Return what explicit steps leave behind; implicit ones leave nothing."""
        return self._explicit.memory()

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned."""
        self._explicit.recall(memory)

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step: for drift, and for kinetics beside stiff solutes."""
        self._met = None
        limit = self._explicit.step_limit(state)
        steady = self._operators.steady_layout
        if steady is not None and self._explicit.stages(steady.speed, _LONG) <= MANY_STAGES:
            return limit
        operator = self._operators.at_densities(state)
        if self._explicit.stages(operator.speed, _LONG) <= MANY_STAGES:
            return limit
        split = self._split(operator, self._moving_solutes)
        self._met = _Met(state=state, operator=operator, split=split)
        mild = _MILD / max(split.rest, 1e-300)
        if mild >= limit.days or self._explicit.stages(operator.speed, mild) <= MANY_STAGES:
            return limit
        return Limit(days=mild, field="reactions", reason="they allow no longer step")

    def step(self, state: Array, dt: float, like: float) -> Stepped:
        """Return what `dt` days make of densities `state`, by a method of second order."""
        begun = self._explicit.begun(state, dt, like)
        many = self._explicit.stages(begun.operator.speed, begun.days) > MANY_STAGES
        if many or (self._moving_solutes and begun.stages > VERY_MANY_STAGES):
            split = self._split(begun.operator, self._fast(begun.operator, begun.days))
            if split.rest * begun.days + _SLOW <= 2.0:
                return self._implicit(begun.operator, begun.first, split, ROS2, dt, _EXACTNESS)
        self._let_go()
        return self._explicit.stabilised(begun, dt)

    def explicit_limit(self, state: Array, dt: float) -> float:
        """Return the longest step, in days, of `explicit_step`, where `dt` is wished for."""
        return self._explicit.explicit_limit(state, dt)

    def explicit_step(self, state: Array, dt: float, room: Array | None) -> Stepped:
        """Return what `dt` days make of `state` by explicit stages of fourth or third order."""
        self._let_go()
        return self._explicit.explicit_step(state, dt, room)

    def implicit_step(
        self, state: Array, dt: float, exactness: float, below: float = 1.0
    ) -> Stepped | None:
        """Return what `dt` days make of `state` by an implicit method of third order, if it is due.

        It has an estimate of its error. Stages are solved to `exactness` of a species' amount.
        The step is given up where its second stage has more than the share `below` of a solute
        below zero. `state` is as it was at `step_limit`, if that was asked about it last.
        """
        met = self._met
        if met is None or met.state is not state:
            met = _Met(state=state, operator=self._operators.at_densities(state))
        operator, split = met.operator, met.split
        if self._explicit.stages(operator.speed, dt) <= MANY_IN_HALVES:
            return None
        species = self._fast(operator, dt)
        if split is None or split.species != species:
            split = self._split(operator, species)
        if split.rest * dt + _SLOW > 2.0:
            return None
        first = self._operators.amounts(state)
        return self._implicit(operator, first, split, ROS34PW2, dt, exactness, below)

    def _let_go(self) -> None:
        """Let go of the memory of implicit steps, if there were any."""
        self._met = None
        if "_partitioned" in vars(self):
            self._partitioned.let_go()

    def _fast(self, operator: VoxelOperator, days: float) -> tuple[int, ...]:
        """Return the species to be taken implicitly in a step of `days`."""
        fast = np.flatnonzero(operator.speeds * days > _SLOW)
        return tuple(sorted({*self._moving_solutes, *(int(s) for s in fast)}))

    def _split(self, operator: VoxelOperator, species: tuple[int, ...]) -> Split:
        split = self._partitioned.split(operator, species)
        if not math.isfinite(split.rest):
            raise StepFailed("reactions", "a rate is not finite")
        return split

    def _implicit(
        self,
        operator: VoxelOperator,
        first: Array,
        split: Split,
        method: Method,
        dt: float,
        exactness: float,
        below: float = 1.0,
    ) -> Stepped:
        self._explicit.let_go()
        found = self._partitioned.step(operator, first, split, method, dt, exactness, below)
        return self._explicit.finished(found, dt * method.weights)
