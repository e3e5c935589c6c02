"""A stabilised explicit step of second order (RKL2) for tumours of equal voxels."""

from __future__ import annotations

import numpy as np

from cartflow.kinetics.compiled import compiled
from cartflow.outcome import StepFailed
from cartflow.pde import voxel_kernels as voxel
from cartflow.pde.extents import Extents
from cartflow.pde.problem import Problem
from cartflow.pde.voxel_operator import VoxelOperator, VoxelOperators

Array = np.ndarray

_WIDTH = 4096  # cells in a block: with all its arrays it stays in a core's cache
_SAFETY = 1.05
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
        self._code = code
        network = problem.network
        counted = (network.born + network.died + np.abs(network.converted)).any(axis=0)
        counted = counted | (network.stoichiometry[network.is_product] != 0).any(axis=0)
        self._kinetics = voxel.Kinetics(
            np.ascontiguousarray(network.stoichiometry), code.parameters, counted
        )
        self._reaction_speed: float | None = None
        row = problem.geometry.active.shape[-1]
        self._width = max(1, _WIDTH // row) * row
        self._removal = (
            np.ascontiguousarray(problem.egress) if problem.egress.any() else np.zeros(0)
        )

    def right_hand_side(self, state: Array) -> Array:
        """Return d(storage u)/dt (species, cells) at densities `state`."""
        return self._evaluate(self._operators.amounts(state))[0]

    def step_limit(self, state: Array) -> float:
        """Return the longest step, in days, over which drift crosses half a voxel."""
        return self._operators.drift.step_limit(state)

    def step(self, state: Array, dt: float, like: float) -> tuple[Array, Extents]:
        """Return the amounts after `dt` days from densities `state`, and what was done.

        The number of stages is that of the step `like`, if that is longer.
        """
        first = self._operators.amounts(state)
        slope, operator, start = self._evaluate(first)
        if like <= dt or self._reaction_speed is None:
            # The halves of a step take the number of stages of the whole, which came first.
            self._reaction_speed = voxel.reaction_speed(
                first, self._kinetics, self._code.jacobian_block, self._width
            )
        speed = operator.speed + self._reaction_speed
        if not np.isfinite(speed):
            raise StepFailed("reactions", "a rate is not finite")
        stages = stages_needed(speed, max(dt, like), 3 if self._operators.drift.fields else 2)
        if stages > MOST_STAGES:
            raise StepFailed("transport", f"the step would need {stages} stages")
        table = weights(stages, dt)
        before, now = first.copy(), first + table[0, 3] * slope
        counts = [np.zeros_like(start), table[0, 3] * start]
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
                self._code.rates_block,
                operator.flux,
                self._removal,
                self._width,
            )
            events = np.concatenate([events, operator.nets()])
            counts = [
                counts[1],
                row[0] * counts[1] + row[1] * counts[0] + row[3] * events + row[4] * start,
            ]
            before, now = now, before
        return now, self._extents(counts[1])

    def _evaluate(self, amounts: Array) -> tuple[Array, VoxelOperator, Array]:
        operator = self._operators.at(amounts)
        right = np.empty_like(amounts)
        events: Array = voxel.evaluate(
            amounts,
            operator.densities,
            operator.fields,
            self._kinetics,
            self._code.rates_block,
            operator.flux,
            self._removal,
            self._width,
            right,
        )
        return right, operator, np.concatenate([events, operator.nets()])

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
