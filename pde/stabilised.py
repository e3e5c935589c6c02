"""A stabilised explicit step of second order (RKL2) for tumours of equal voxels."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from cartflow.kinetics.compiled import addresses, compiled
from cartflow.outcome import StepFailed
from cartflow.pde import voxel_kernels as voxel
from cartflow.pde.extents import Extents
from cartflow.pde.limiter import lowest
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Stepped, apart
from cartflow.pde.voxel_operator import VoxelOperator, VoxelOperators
from cartflow.pde.wave import Wave, can_wave

Array = np.ndarray

_WIDTH = 4096  # cells in a block: with all its arrays it stays in a core's cache
_SAFETY = 1.05
# Real rates times a step up to which four stages of third order are stable, with a margin.
_EXPLICIT = 5.149 / _SAFETY
_OFTEN = 4  # explicit steps after which the fastest rate of the kinetics is worked out again
MOST_STAGES = 2000


def weights(stages: int, dt: float) -> Array:
    """Return (mu, nu, 1 - mu - nu, h mu~, h gamma~) of stages 2 to s, and h mu~ of the first.

    Shape (stages, 5); row 0 holds the first stage's h mu~ in its fourth place. Meyer, Balsara and
    Aslam 2014: b_j = (j^2 + j - 2)/(2 j (j + 1)), b_0 = b_1 = b_2 = 1/3, w = 4/(s^2 + s - 2).
    """
    j = np.arange(stages + 1, dtype=float)
    b = np.full(stages + 1, 1.0 / 3.0)
    b[2:] = (j[2:] ** 2 + j[2:] - 2.0) / (2.0 * j[2:] * (j[2:] + 1.0))
    w = 4.0 / (stages**2 + stages - 2.0)
    result = np.zeros((stages, 5))
    result[0] = (1.0, 0.0, 0.0, b[1] * w * dt, 0.0)
    for k in range(2, stages + 1):
        mu = (2.0 * k - 1.0) / k * b[k] / b[k - 1]
        nu = -(k - 1.0) / k * b[k] / b[k - 2]
        new = mu * w
        result[k - 1] = (mu, nu, 1.0 - mu - nu, new * dt, -(1.0 - b[k - 1]) * new * dt)
    return result


def stages_needed(speed: float, dt: float, fewest: int) -> int:
    """Return the fewest stages that are stable for real rates up to `speed`, 1/day.

    (s^2 + s - 2)/2 >= speed x dt.
    """
    needed = 2.0 * _SAFETY * speed * dt
    return max(fewest, int(np.ceil(0.5 * (np.sqrt(9.0 + 4.0 * needed) - 1.0))))


def explicit_weights(dt: float) -> Array:
    """Return the table of four stages of third order that keep what forward Euler keeps.

    As `weights`. Kraaijevanger 1991 (SSPRK(4,3)): Y_4 - 2 Y_3 + Y_0 is the difference to the
    second order inside it (Conde, Fekete and Shadid 2022).
    """
    half = 0.5 * dt
    rows = [(1.0, 0.0, 0.0, half, 0.0)] * 4
    rows[2] = (1.0 / 3.0, 0.0, 2.0 / 3.0, half / 3.0, 0.0)
    return np.array(rows)


class Stabilised:
    """Runge-Kutta-Legendre of second order on transport, kinetics, gains and losses at once.

    Needs some sqrt(2 h r) stages where r is the fastest rate of diffusion and kinetics. Nothing is
    split, so a steady state stays; the counts go through the same stages as the state.
    """

    scheme = "RKL2, all fields in the same stages"
    solver = "none, explicit"

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._operators = VoxelOperators(problem)
        code = compiled(problem.network)
        self._addresses = addresses(problem.network)
        network = problem.network
        counted = (network.born + network.died + np.abs(network.converted)).any(axis=0)
        counted = counted | (network.stoichiometry[network.is_product] != 0).any(axis=0)
        self._kinetics = voxel.Kinetics(
            np.ascontiguousarray(network.stoichiometry), code.parameters, counted
        )
        self._reaction_speed: float | None = None
        self._age = 0
        row = problem.geometry.active.shape[-1]
        self._width = max(1, _WIDTH // row) * row
        self._removal = (
            np.ascontiguousarray(problem.egress) if problem.egress.any() else np.zeros(0)
        )

    @cached_property
    def _wave(self) -> Wave | None:
        layout = self._operators.steady_layout
        if layout is None or not can_wave(self._problem, self._operators.uniform):
            return None
        return Wave(self._problem, layout, self._kinetics.counted)

    def right_hand_side(self, state: Array, out: Array | None = None) -> Array:
        """Return d(storage u)/dt (species, cells) at densities `state`, in `out` if it is given."""
        right = np.empty_like(state) if out is None else out
        amounts = self._operators.amounts(state)
        if self._wave is None:
            self._evaluate(self._operators.at(amounts), amounts, right)
        else:
            self._wave.slope(amounts, right)
        return right

    def step_limit(self, state: Array) -> float:
        """Return the longest step, in days, over which drift crosses half a voxel."""
        return self._operators.drift.step_limit(state)

    def explicit_limit(self, state: Array) -> float:
        """Return the longest step, in days, of `explicit_step`."""
        amounts = self._operators.amounts(state)
        # Should the kinetics become faster meanwhile, the error's estimate tells.
        self._age = (self._age + 1) % _OFTEN
        return _EXPLICIT / self._speed(amounts, self._operators.at(amounts).speed, self._age == 0)

    def step(self, state: Array, dt: float, like: float) -> Stepped:
        """Return what `dt` days make of densities `state`.

        The number of stages is that of the step `like`, if that is longer.
        """
        first = self._operators.amounts(state)
        operator = self._operators.at(first)
        # The halves of a step take the number of stages of the whole, which came first.
        speed = self._speed(first, operator.speed, like <= dt)
        stages = stages_needed(speed, max(dt, like), 3 if self._operators.drift.fields else 2)
        if stages > MOST_STAGES:
            raise StepFailed("transport", f"the step would need {stages} stages")
        return self._through(first, operator, weights(stages, dt))

    def explicit_step(self, state: Array, dt: float) -> Stepped:
        """Return what `dt` days make of `state` by four stages of third order, with an estimate."""
        first = self._operators.amounts(state)
        return self._through(first, self._operators.at(first), explicit_weights(dt))

    def _speed(self, amounts: Array, transport: float, afresh: bool) -> float:
        """Return a bound of the fastest rate, 1/day; of the kinetics' worked out `afresh`."""
        if afresh or self._reaction_speed is None:
            self._reaction_speed = voxel.reaction_speed(
                amounts, self._kinetics, self._addresses.jacobian, self._width
            )
        speed = transport + self._reaction_speed
        if not np.isfinite(speed):
            raise StepFailed("reactions", "a rate is not finite")
        return speed

    def _through(self, first: Array, operator: VoxelOperator, table: Array) -> Stepped:
        """Take all stages of `table` from the amounts `first`."""
        if self._wave is None or not self._wave.fits(len(table)):
            return self._stage_by_stage(first, operator, table)
        found = self._wave.step(first, table)
        return Stepped(
            amounts=found.amounts,
            extents=self._extents(_sums(found.totals, table)),
            difference=found.difference,
            size=found.size,
            low=np.where(np.isfinite(found.size), -found.negative, np.nan),
        )

    def _stage_by_stage(self, first: Array, operator: VoxelOperator, table: Array) -> Stepped:
        slope = np.empty_like(first)
        totals = [self._evaluate(operator, first, slope)]
        before, now = first.copy(), first + table[0, 3] * slope
        for row in table[1:]:
            operator = self._operators.at(now)
            events: Array = voxel.stage(
                row,
                now,
                before,
                first,
                slope,
                operator.densities,
                operator.fields,
                self._kinetics,
                self._addresses.rates,
                operator.flux,
                self._removal,
                self._width,
            )
            totals.append(np.concatenate([events, operator.nets()]))
            before, now = now, before
        difference, size = apart(now, before, first, self._problem.geometry.cell_volumes)
        return Stepped(
            amounts=now,
            extents=self._extents(_sums(np.array(totals), table)),
            difference=difference,
            size=size,
            low=lowest(now),
        )

    def _evaluate(self, operator: VoxelOperator, amounts: Array, right: Array) -> Array:
        """Write the right-hand side to `right`; return the totals of what happens per day."""
        events: Array = voxel.evaluate(
            amounts,
            operator.densities,
            operator.fields,
            self._kinetics,
            self._addresses.rates,
            operator.flux,
            self._removal,
            self._width,
            right,
        )
        return np.concatenate([events, operator.nets()])

    def _extents(self, counts: Array) -> Extents:
        reactions, species = self._kinetics.counted.size, len(self._problem.fields)
        forwards, reverse, egress, nets = np.split(
            counts, [reactions, 2 * reactions, 2 * reactions + species]
        )
        return Extents(
            forwards=forwards,
            reverse=reverse,
            crossings=tuple(zip(self._operators.crossing_species, nets.tolist(), strict=True)),
            egress=np.where(self._problem.travels, egress, 0.0),
        )


def _sums(totals: Array, table: Array) -> Array:
    """Return what all stages together did, from `totals` per day at the start of each.

    The sums go through the same stages as the state does.
    """
    before, now = np.zeros_like(totals[0]), table[0, 3] * totals[0]
    for row, total in zip(table[1:], totals[1:], strict=True):
        new = row[0] * now + row[1] * before + row[3] * total + row[4] * totals[0]
        before, now = now, new
    return np.asarray(now)
