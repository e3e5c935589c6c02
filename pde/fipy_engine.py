"""The reference engine: FiPy's terms, backward Euler, upwind drift. Slow and plain."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from cartflow.outcome import StepFailed
from cartflow.pde.crossings import Crossing, crossings
from cartflow.pde.engine import Account, check
from cartflow.pde.faces import arithmetic, harmonic
from cartflow.pde.fipy_equation import FieldEquation
from cartflow.pde.nonnegative_solver import TOLERANCE
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reactions import ReactionStep, react

Array = np.ndarray


class FipyEngine:
    """Solves a `Problem` with FiPy, first order in time, one equation a field.

    In a step cells and matrix come first, with every rate at the old state, then the solutes,
    which follow the cells at once; `sweeps` > 1 repeats the step with rates at the newest state.
    """

    name = "fipy"

    def __init__(self, problem: Problem, *, sweeps: int = 1) -> None:
        self.problem = problem
        self.sweeps = sweeps
        self._equations = {
            item.name: FieldEquation(problem.geometry, drifts=item.chemotaxis is not None)
            for item in problem.fields
            if item.mobile
        }
        solute = [item.solute for item in problem.fields]
        self._cells = [i for i, late in enumerate(solute) if not late]
        self._solutes = [i for i, late in enumerate(solute) if late]

    def settings(self) -> dict[str, str]:
        """Return solver, tolerance and versions for the result's attributes."""
        one_dimensional = self.problem.geometry.mesh.dim == 1
        solver = "LU without pivoting" if one_dimensional else "BiCGSTAB and Jacobi sweeps"
        return {
            "engine": self.name,
            "engine_solver": f"{solver}, relative tolerance {TOLERANCE:g}",
            "engine_scheme": "backward Euler, upwind drift, pure losses implicit",
            "engine_sweeps": str(self.sweeps),
            "fipy_version": version("fipy"),
        }

    def step_limit(self, state: Array) -> float:
        """Return the longest step, in days, that keeps every field nonnegative."""
        # Numbers that overflow are for the step to find; it names their field.
        with np.errstate(all="ignore"):
            return self._react(state).step_limit()

    def step(self, state: Array, dt: float) -> tuple[Array, Account]:
        """Advance `state` (species, cells) by `dt` days; return it with the step's account."""
        new = state.copy()
        crossed: dict[int, list[Crossing]] = {}
        for _ in range(self.sweeps):
            # No reaction joins cells and solutes (their units differ), so each side stays exact.
            reaction = self._react(new)
            self._solve(self._cells, state, new, reaction, crossed, dt)
            self._solve(self._solutes, state, new, self._react(new), crossed, dt)
        check(self.problem, new)
        return new, self._account(new, reaction, crossed, dt)

    def right_hand_side(self, state: Array) -> Array:
        """Return d(storage u)/dt of every field (species, cells) as FiPy assembles it."""
        reaction = self._react(state)
        result = np.empty_like(state)
        for i, item in enumerate(self.problem.fields):
            gain, loss, _ = self._sources(i, item, state, reaction)
            result[i] = gain - loss * state[i]
            if item.mobile:
                equation = self._refresh(item, state, state, state[i], gain, loss, 1.0)
                result[i] = equation.rate(state[i])
        return result

    def _react(self, state: Array) -> ReactionStep:
        return react(self.problem.network, self.problem.storage(state) * state)

    def _solve(
        self,
        which: list[int],
        old: Array,
        new: Array,
        reaction: ReactionStep,
        crossed: dict[int, list[Crossing]],
        dt: float,
    ) -> None:
        """Advance the fields `which` from `old` to `new`, in place, at the same coefficients."""
        guess = new.copy()
        for i in which:
            item = self.problem.fields[i]
            gain, loss, crossed[i] = self._sources(i, item, guess, reaction)
            if item.mobile:
                equation = self._refresh(item, old, guess, old[i], gain, loss, dt)
                new[i] = equation.solve(old[i], dt)
            else:
                # The same backward Euler step that FiPy would take, without a matrix.
                before, storage = (self.problem.storage(s)[i] for s in (old, guess))
                new[i] = (before * old[i] + dt * gain) / (storage + dt * loss)

    def _sources(
        self, i: int, item: Field, state: Array, reaction: ReactionStep
    ) -> tuple[Array, Array, list[Crossing]]:
        """Return the gain, and the loss per unit of u, of one field, and its crossings."""
        storage = self.problem.storage(state)[i]
        diffusivity = self.problem.place_diffusivity(item, state)
        crossed = crossings(item, self.problem.geometry, diffusivity, state[i], storage)
        gain = reaction.gain[i] + sum(c.gain for c in crossed)
        loss = reaction.removal[i] * storage + sum(c.loss for c in crossed)
        if self.problem.travels[i]:
            loss = loss + self.problem.egress
        return gain, loss, crossed

    def _refresh(
        self,
        item: Field,
        old: Array,
        new: Array,
        values: Array,
        gain: Array,
        loss: Array,
        dt: float,
    ) -> FieldEquation:
        """Set the equation of a mobile field to the newest coefficients."""
        problem, i = self.problem, self.problem.network.index(item.name)
        equation = self._equations[item.name]
        faces = problem.geometry.connectivity
        storage, before = problem.storage(new)[i], problem.storage(old)[i]
        equation.storage.setValue(storage)
        # FiPy's transient term takes s(new) on both sides; what the pores lost is set right here.
        equation.gain.setValue(gain + (before - storage) * values / dt)
        equation.loss.setValue(loss)
        at_faces = harmonic(problem.place_diffusivity(item, new), faces)
        if item.density_dependence is not None:
            law = item.density_dependence
            at_faces = at_faces * arithmetic(law.factor(new[i]), faces)
        equation.set_diffusivity(at_faces)
        if item.chemotaxis is not None:
            attractant = new[problem.network.index(item.chemotaxis.attractant)]
            equation.set_velocity(item.chemotaxis.face_velocity(attractant, faces))
        return equation

    def _account(
        self, new: Array, reaction: ReactionStep, crossed: dict[int, list[Crossing]], dt: float
    ) -> Account:
        volumes = self.problem.geometry.cell_volumes
        amounts = self.problem.storage(new) * new
        turnover = reaction.turnover(amounts, volumes, dt)
        both = [
            np.sum(
                [c.supplied_and_left(new[i], volumes, dt) for c in crossed[i]] or [(0.0, 0.0)], 0
            )
            for i in range(len(new))
        ]
        egress = np.where(self.problem.travels, (new * self.problem.egress) @ volumes * dt, 0.0)
        if not np.all(np.isfinite(egress)):
            raise StepFailed("egress", "a value is not finite")
        return Account(
            born=turnover.born,
            died=turnover.died,
            converted=turnover.converted,
            supplied=np.array([b[0] for b in both]),
            left=np.array([b[1] for b in both]),
            egress=egress,
        )
