"""A linearly implicit step of second order for tumours on a line of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit
from cartflow.kinetics.compiled.network import compiled
from cartflow.pde.extents import Extents
from cartflow.pde.lines import kernels as line
from cartflow.pde.operators.crossings import Crossing, by_sign
from cartflow.pde.operators.limiter import lowest
from cartflow.pde.operators.operator import Operator, Operators
from cartflow.pde.operators.transport import TOO_FAST
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Stepped

Array = np.ndarray

# Of the two values that make the method L-stable, the one with the smaller error (docs/engines.md).
GAMMA = 1.0 - np.sqrt(0.5)
# A has upwind drift, F the limited one; for unlimited linear slopes that is stable up to 1.15.
_COURANT = 1.0
# Amounts near the smallest that floats hold have few digits left.
_NOTHING = 1e-280


@dataclass(frozen=True, kw_only=True, eq=False)
class _Evaluation:
    """The operator, the events of each reaction and the right-hand side at some amounts."""

    amounts: Array
    densities: Array
    operator: Operator
    rates: Array
    right: Array


class Rosenbrock:
    """ROS2 with any approximate Jacobian A (Verwer, Spee, Blom and Hundsdorfer 1999).

    a + h (3 k1 + k2) / 2 with (1 - g h A) k1 = F(a), (1 - g h A) k2 = F(a + h k1) - 2 k1; A holds
    diffusion, upwind drift, losses and the exact Jacobian of the kinetics, in one matrix.
    """

    scheme = "ROS2, all fields in one implicit step"
    solver = "block elimination"

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._operators = Operators(problem)
        self._compiled = compiled(problem.network)
        self._volumes = np.ascontiguousarray(problem.geometry.cell_volumes)
        self._stoichiometry = problem.network.stoichiometry
        self._removed = problem.travels[:, None] * problem.egress
        species, cells = len(problem.fields), problem.geometry.size
        self._blocks = np.empty((cells, species, species))
        self._reaction = np.empty_like(self._blocks)
        self._below, self._above = np.empty((2, species, cells))
        self._derivatives = np.empty((len(problem.network.reactions) * species, cells))
        self._pores = np.flatnonzero(problem.in_pores)
        self._solutes = np.flatnonzero(problem.solutes)

    def right_hand_side(self, state: Array, out: Array | None = None) -> Array:
        """Return d(storage u)/dt (species, cells) at densities `state`, in `out` if it is given."""
        right = self._evaluate(state * self._operators.storage(state)).right
        if out is None:
            return right
        out[:] = right
        return out

    def explicit_limit(self, state: Array, dt: float) -> float:
        """Return 0: on a line all steps are implicit."""
        return 0.0

    def explicit_step(self, state: Array, dt: float, room: Array | None) -> Stepped:
        """Raise `StepFailed`: there are none."""
        raise StepFailed("transport", "on a line there are no explicit steps")

    def implicit_step(self, state: Array, dt: float, exactness: float, below: float = 1.0) -> None:
        """Return None: on a line every step is one of `step`."""

    def memory(self) -> Array:
        """Return no number: every step begins anew."""
        return np.zeros(0)

    def recall(self, memory: Array) -> None:
        """Go by nothing."""

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step: that over which a field's drift would empty a cell."""
        if all(item.chemotaxis is None for item in self._problem.fields):
            return Limit()
        flow = self._operators.at(state).flow
        emptied = np.zeros((len(flow), self._volumes.size))
        emptied[:, :-1] += np.maximum(flow, 0.0)
        emptied[:, 1:] -= np.minimum(flow, 0.0)
        speeds = (emptied / self._volumes).max(axis=1)
        fastest = int(np.argmax(speeds))
        if not speeds[fastest] > 0:
            return Limit()
        name = self._problem.fields[fastest].name
        return Limit(days=_COURANT / float(speeds[fastest]), field=name, reason=TOO_FAST)

    def step(self, state: Array, dt: float, like: float) -> Stepped:
        """Return the amounts after `dt` days from densities `state`, and what was done."""
        step = GAMMA * dt
        old = self._evaluate(state * self._operators.storage(state))
        self._factorise(old, step)
        one = self._solve(old.right)
        new = self._evaluate(old.amounts + dt * one)
        two = self._solve(new.right - 2.0 * one)
        amounts = old.amounts + dt * (1.5 * one + 0.5 * two)
        extents = self._extents(old, new, one, two, dt)
        amounts = self._conserved(amounts, old.amounts, extents, dt)
        return Stepped(amounts=amounts, extents=extents, low=lowest(amounts))

    def _evaluate(self, amounts: Array) -> _Evaluation:
        densities = self._operators.densities(amounts)
        here = self._operators.at(densities)
        rates = np.empty((len(self._problem.network.reactions), amounts.shape[1]))
        # A stage may dip below zero, where roots and powers have no value.
        inside = np.maximum(densities, 0.0)
        self._compiled.rates_block(inside, self._compiled.parameters, 0, amounts.shape[1], rates)
        if self._pores.size:
            rates[self._pores] *= here.storage[self._solutes[0]]
        right = self._stoichiometry @ rates + here.gain - here.loss * densities
        line.add_transport(densities, here.exchange, here.flow, self._volumes, right)
        return _Evaluation(
            amounts=amounts, densities=densities, operator=here, rates=rates, right=right
        )

    def _factorise(self, at: _Evaluation, step: float) -> None:
        code, cells = self._compiled, at.amounts.shape[1]
        inside = np.maximum(at.densities, 0.0)
        code.jacobian_block(inside, code.parameters, 0, cells, self._derivatives)
        self._to_amounts(at.operator.storage)
        line.local_jacobian(self._stoichiometry, self._derivatives, self._reaction)
        self._require_short(step)
        here = at.operator
        line.factorise(
            step,
            here.exchange,
            here.flow,
            self._volumes,
            here.storage,
            here.loss,
            self._reaction,
            self._blocks,
            self._below,
            self._above,
        )

    def _to_amounts(self, storage: Array) -> None:
        """Turn derivatives to concentrations into those to amounts, of events per mm^3 of tissue.

        That storage follows the matrix is left out, which the method allows.
        """
        if self._solutes.size:
            slopes = self._derivatives.reshape(-1, *storage.shape)
            slopes[:, self._solutes] /= storage[self._solutes]
            slopes[self._pores] *= storage[self._solutes[0]]

    def _require_short(self, step: float) -> None:
        """Raise `StepFailed` where growth is so fast that 1 - step A changes its sign."""
        growth = np.max(np.einsum("cii->ic", self._reaction), axis=1)
        fastest = int(np.argmax(growth))
        if not step * growth[fastest] < 1.0:
            name = self._problem.fields[fastest].name
            raise StepFailed(name, "it grows too fast for the step")

    def _solve(self, right: Array) -> Array:
        out = np.empty_like(right)
        line.solve(self._blocks, self._below, self._above, right, out)
        return out

    def _extents(
        self, old: _Evaluation, new: _Evaluation, one: Array, two: Array, dt: float
    ) -> Extents:
        """Carry the counts through the same two stages as the state."""
        step = GAMMA * dt
        first = old.rates.copy()
        line.add_directional(self._derivatives, step, one, first)
        second = new.rates - 2.0 * first
        line.add_directional(self._derivatives, step, two, second)
        events = dt * (1.5 * first + 0.5 * second)
        storage = old.operator.storage

        def passed(i: int, before: tuple[Array, Array], after: tuple[Array, Array]) -> Array:
            """Return what gain - loss u brings to each cell; `before` and `after` are the two."""
            (gain, loss), (later_gain, later_loss) = before, after
            fall = step * loss / storage[i]
            k1 = gain - loss * old.densities[i] - fall * one[i]
            k2 = later_gain - later_loss * new.densities[i] - 2.0 * k1 - fall * two[i]
            return dt * (1.5 * k1 + 0.5 * k2)

        def flows(i: int, a: Crossing, b: Crossing) -> tuple[float, float]:
            if a.apart:
                none = np.zeros_like(a.gain)
                came = passed(i, (a.gain, none), (b.gain, none))
                went = -passed(i, (none, a.loss), (none, b.loss))
            else:
                came, went = by_sign(passed(i, (a.gain, a.loss), (b.gain, b.loss)))
            return float(came @ self._volumes), float(went @ self._volumes)

        pairs = list(zip(old.operator.crossed, new.operator.crossed, strict=True))
        came, went = np.array([flows(i, a, b) for (i, a), (_, b) in pairs]).reshape(-1, 2).T
        egress = np.zeros(len(self._removed))
        for i, removed in enumerate(self._removed):
            if removed.any():
                leaving = (np.zeros_like(removed), removed)
                egress[i] = -passed(i, leaving, leaving) @ self._volumes
        return Extents(
            forwards=np.maximum(events, 0.0) @ self._volumes,
            reverse=np.maximum(-events, 0.0) @ self._volumes,
            crossing_species=tuple(i for i, _ in old.operator.crossed),
            came=came,
            went=went,
            egress=egress,
        )

    def _conserved(self, amounts: Array, old: Array, extents: Extents, dt: float) -> Array:
        """Scale every field to the total that its account gives.

        Fluxes cancel in that total; where they are large against it, round-off is too.
        """
        wanted = old @ self._volumes + extents.change(self._problem.network)
        if self._problem.infusion is not None:
            wanted += dt * (self._problem.infusion @ self._volumes)
        got = amounts @ self._volumes
        size = np.abs(amounts) @ self._volumes
        for i, item in enumerate(self._problem.fields):
            if not abs(wanted[i] - got[i]) <= 1e-6 * size[i] + _NOTHING:
                raise StepFailed(item.name, "the step does not close its balance")
            if got[i] > 0.0 and wanted[i] > 0.0:
                amounts[i] *= wanted[i] / got[i]
        return amounts
