"""The fast engine: the equations of the reference, second order in time, compiled."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.provenance import installed_version
from cartflow.core.stepping import Limit
from cartflow.core.totals import totals
from cartflow.pde.blame import fastest_growing
from cartflow.pde.engine import Account
from cartflow.pde.extents import Extents
from cartflow.pde.operators.limiter import fill
from cartflow.pde.operators.links import neighbours
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Stepped, Stepper

Array = np.ndarray


def _stepper(problem: Problem) -> Stepper:
    """Return the method for the geometry; only its own loops are then loaded or compiled."""
    if problem.geometry.in_row:
        from cartflow.pde.lines.rosenbrock import Rosenbrock

        return Rosenbrock(problem)
    from cartflow.pde.voxels.steps.voxel_steps import VoxelSteps

    return VoxelSteps(problem)


class FastEngine:
    """Steps all fields of a `Problem` together, second order in time, with limited drift."""

    name = "fast"
    order = 2

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @cached_property
    def _stepper(self) -> Stepper:
        # Not where body and tumour are one system, which has steps of its own.
        return _stepper(self.problem)

    def step(self, state: Array, dt: float, like: float = 0.0) -> tuple[Array, Account]:
        """Advance `state` (species, cells) by `dt` days; return it with the step's account.

        `like` is the longer step that this one will be compared with.
        """
        return self._finished(state, self._stepper.step(state, dt, like))

    def explicit_limit(self, state: Array, dt: float) -> float:
        """Return the longest step of `explicit_step`, where `dt` (days) is wished for.

        It is 0 where such steps are not to be had.
        """
        return self._stepper.explicit_limit(state, dt)

    def explicit_step(
        self, state: Array, dt: float, room: Array | None = None
    ) -> tuple[Array, Account, Array, Array]:
        """As `step`, by a method of third or fourth order that has an estimate of its error.

        The new state may be written to `room`, an array like `state` that is not needed any more,
        which saves the time to make one. Also returns the volume's 1-norm, per species, of the
        difference to the solution of second order, and that of the new amounts.
        """
        return self._judged(state, self._stepper.explicit_step(state, dt, room))

    def implicit_step(
        self, state: Array, dt: float, exactness: float, below: float = 1.0
    ) -> tuple[Array, Account, Array, Array] | None:
        """As `explicit_step`, with stiff fields implicit; None where such a step does not pay.

        Its linear systems are solved to the share `exactness` of each field's amount. `StepFailed`
        is raised where one of its stages has more than the share `below` of a field below zero,
        before what the others cost.
        """
        stepped = self._stepper.implicit_step(state, dt, exactness, below)
        return None if stepped is None else self._judged(state, stepped)

    def right_hand_side(self, state: Array, out: Array | None = None) -> Array:
        """Return d(storage u)/dt of every field (species, cells), in `out` if it is given."""
        return self._stepper.right_hand_side(state, out)

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step that the method can take, and what sets it."""
        return self._stepper.step_limit(state)

    def memory(self) -> Array:
        """Return what steps leave behind that later steps go by, as numbers."""
        return self._stepper.memory()

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned; by nothing if it is empty, as before the first step."""
        # Where body and tumour are one system there is no method yet, nor need of one.
        if memory.size or "_stepper" in vars(self):
            self._stepper.recall(memory)

    def for_problem(self, problem: Problem) -> FastEngine:
        """Return the fast engine of another problem."""
        return FastEngine(problem)

    def settings(self) -> dict[str, str]:
        """Return the scheme and versions for the result's attributes."""
        return {
            "engine": self.name,
            "engine_solver": self._stepper.solver,
            "engine_scheme": f"{self._stepper.scheme}, limited drift",
            "numba_version": installed_version("numba"),
        }

    @cached_property
    def _neighbours(self) -> tuple[Array, Array]:
        """Each cell's neighbours ahead and behind, as `Links` has them."""
        return neighbours(self.problem.geometry)

    @cached_property
    def _stored(self) -> Array:
        return np.flatnonzero(self.problem.solutes)

    def _finished(self, old: Array, stepped: Stepped) -> tuple[Array, Account]:
        """Return the densities and the account of a step, limited where it fell below zero.

        It began at densities `old`.
        """
        amounts = stepped.amounts
        if not np.isfinite(stepped.low).all():
            first = int(np.flatnonzero(~np.isfinite(stepped.low))[0])
            blamed = fastest_growing(self.problem.network, old, first)
            raise StepFailed(self.problem.fields[blamed].name, "a value is not finite")
        extents = self._limit(amounts, stepped.low, stepped.extents)
        if self._stored.size:
            storage = self.problem.storage(amounts)
            for solute in self._stored:
                np.divide(amounts[solute], storage[solute], out=amounts[solute])
        return amounts, extents.account(self.problem.network)

    def _judged(self, old: Array, stepped: Stepped) -> tuple[Array, Account, Array, Array]:
        assert stepped.difference is not None
        assert stepped.size is not None
        return *self._finished(old, stepped), stepped.difference, stepped.size

    def _limit(self, amounts: Array, lows: Array, extents: Extents) -> Extents:
        """Make what fell below zero good, in place; return the extents that remain.

        A reaction cannot have taken more than there was; what else is missing is filled up from
        the neighbours, which an immobile field must not need.
        """
        volumes = self.problem.geometry.cell_volumes
        for i, low in enumerate(lows):
            item, values = self.problem.fields[i], amounts[i]
            if low >= 0.0:
                continue
            total = float(totals(np.abs(values)[None], volumes)[0])
            if not item.mobile:
                extents = self._taken_back(i, values, extents)
            elif fill(values, volumes, *self._neighbours) > 1e-2 * total:
                raise StepFailed(item.name, "a value is negative")
        return extents

    def _taken_back(self, i: int, values: Array, extents: Extents) -> Extents:
        """Give back, in place, what reactions that only remove took too much of a species."""
        stoichiometry = self.problem.network.stoichiometry
        only_remove = np.all(stoichiometry <= 0.0, axis=0) & (stoichiometry[i] < 0.0)
        number = np.where(only_remove, -stoichiometry[i], 0.0)
        taken = float(number @ extents.forwards)
        missing = float(np.maximum(-values, 0.0) @ self.problem.geometry.cell_volumes)
        if missing > taken:
            raise StepFailed(self.problem.fields[i].name, "a value is negative")
        np.maximum(values, 0.0, out=values)
        kept = np.where(only_remove, 1.0 - missing / taken, 1.0)
        return replace(extents, forwards=extents.forwards * kept)
