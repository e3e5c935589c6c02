"""Backward Euler for all fields of a problem, whichever engine states the equations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit
from cartflow.pde.engine import Account, check
from cartflow.pde.extents import per_species
from cartflow.pde.operators.crossings import Crossing
from cartflow.pde.operators.transport import TOO_FAST, drift, field_transport
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.equation import Coefficients, Equation, conserved
from cartflow.pde.reference.limited_drift import LimitedDrift
from cartflow.pde.reference.reactions import Reactions, ReactionStep

Array = np.ndarray
DriftScheme = Literal["limited", "upwind"]


class ImplicitEuler:
    """Solves a `Problem`, first order in time, with one equation for each mobile field.

    In a step cells and matrix come first, with every rate at the old state, then the solutes,
    which follow the cells at once; `sweeps` > 1 repeats the step with rates at the newest state.
    Drift is implicit and upwind; with `drift` "limited", what limited slopes add is taken from
    the start of the step, which must then not be longer than drift takes over half a cell.
    """

    order = 1

    def __init__(
        self,
        problem: Problem,
        equations: Mapping[str, Equation],
        *,
        sweeps: int = 1,
        drift: DriftScheme = "upwind",
    ) -> None:
        self.problem = problem
        self.sweeps = sweeps
        self._equations = equations
        self._reactions = Reactions(network=problem.network, in_pores=problem.in_pores)
        climbing = any(item.chemotaxis is not None for item in problem.fields)
        limited = climbing and drift == "limited"
        self._limited = LimitedDrift(problem.geometry) if limited else None
        solute = [item.solute for item in problem.fields]
        self._egress = problem.egress  # as it acts in the step under way
        self._cells = [i for i, late in enumerate(solute) if not late]
        self._solutes = [i for i, late in enumerate(solute) if late]

    def memory(self) -> Array:
        """Return no number: every step begins from the state alone."""
        return np.zeros(0)

    def recall(self, memory: Array) -> None:
        """Go by nothing."""

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step that keeps every field nonnegative, and what sets it."""
        # Numbers that overflow are for the step to find; it names their field.
        with np.errstate(all="ignore"):
            limits = [*self._drift_limits(state), self._reaction_limit(state)]
        return min(limits, key=lambda limit: limit.days)

    def _reaction_limit(self, state: Array) -> Limit:
        days = self._react(state).step_limit()
        return Limit(days=days, field="reactions", reason="they allow no longer step")

    def _drift_limits(self, state: Array) -> Iterator[Limit]:
        for item in self.problem.fields:
            velocity = drift(self.problem, item, state)
            if velocity is not None and self._limited is not None:
                days = self._limited.step_limit(velocity)
                yield Limit(days=days, field=item.name, reason=TOO_FAST)

    def step(self, state: Array, dt: float, like: float = 0.0) -> tuple[Array, Account]:
        """Advance `state` (species, cells) by `dt` days; return it with the step's account.

        `like` has no meaning here: every step is taken alike.
        """
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
        """Return d(storage u)/dt of every field (species, cells) as its equation has it."""
        reaction = self._react(state)
        result = np.empty_like(state)
        for i, item in enumerate(self.problem.fields):
            c, _ = self._coefficients(i, item, state, reaction)
            if item.mobile:
                result[i] = self._equations[item.name].rate(state[i], c)
            else:
                result[i] = c.gain - c.loss * state[i]
        return result

    def _react(self, state: Array) -> ReactionStep:
        problem = self.problem
        return self._reactions.at(state, problem.storage(state), problem.porosity(state))

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
            c, crossed[i] = self._coefficients(i, item, guess, reaction)
            amount = self.problem.storage(old)[i] * old[i]
            if item.mobile:
                values = self._equations[item.name].solve(amount, dt, c)
                new[i] = conserved(values, amount, dt, c, self.problem.geometry.cell_volumes)
            else:
                # The same backward Euler step, which needs no matrix.
                new[i] = (amount + dt * c.gain) / (c.storage + dt * c.loss)

    def _coefficients(
        self, i: int, item: Field, state: Array, reaction: ReactionStep
    ) -> tuple[Coefficients, list[Crossing]]:
        """Return the coefficients of one field at `state`, and what crosses its boundaries."""
        problem = self.problem
        storage = problem.storage(state)
        moving = field_transport(problem, i, state, storage)
        loss = reaction.removal[i] * storage[i] + sum(c.loss for c in moving.crossed)
        if problem.travels[i]:
            self._egress = problem.egress_at(state)
            loss = loss + self._egress
        velocity = drift(problem, item, state)
        gain = reaction.gain[i] + sum(c.gain for c in moving.crossed)
        if problem.infusion is not None:
            gain = gain + problem.infusion[i]
        if velocity is not None and self._limited is not None:
            gain = gain + self._limited.gain(state[i], velocity)
        coefficients = Coefficients(
            storage=storage[i],
            gain=gain,
            loss=loss,
            diffusivity=moving.diffusivity,
            velocity=velocity,
        )
        return coefficients, moving.crossed

    def _account(
        self, new: Array, reaction: ReactionStep, crossed: dict[int, list[Crossing]], dt: float
    ) -> Account:
        volumes = self.problem.geometry.cell_volumes
        amounts = self.problem.storage(new) * new
        turnover = reaction.turnover(amounts, volumes, dt)
        owners = tuple(i for i in range(len(new)) for _ in crossed[i])
        flows = [c.flows(new[i]) for i in range(len(new)) for c in crossed[i]]
        came, went = np.array([[f @ volumes * dt for f in both] for both in flows]).reshape(-1, 2).T
        egress = np.where(self.problem.travels, (new * self._egress) @ volumes * dt, 0.0)
        if not np.all(np.isfinite(egress)):
            raise StepFailed("egress", "a value is not finite")
        return Account(
            born=turnover.born,
            died=turnover.died,
            converted=turnover.converted,
            supplied=per_species(came, owners, len(new)),
            left=per_species(went, owners, len(new)),
            egress=egress,
            came=came,
            went=went,
            made=turnover.made,
            used=turnover.used,
        )
