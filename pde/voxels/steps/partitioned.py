"""A step that takes fast species implicitly and all others explicitly, as one method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.totals import totals
from cartflow.kinetics.compiled.network import Addresses, compiled
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Staged
from cartflow.pde.voxels.implicit.cells import combined, ended, events, norms, shortage
from cartflow.pde.voxels.implicit.methods import Method
from cartflow.pde.voxels.implicit.slopes import implicit_pairs, keep_slopes
from cartflow.pde.voxels.implicit.solute import Solute
from cartflow.pde.voxels.laid_out import Kinetics
from cartflow.pde.voxels.operator import VoxelOperator, VoxelOperators
from cartflow.pde.voxels.steps.block_stages import BlockStages

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """What a step from one state takes implicitly: `species`, and `pairs` of the kinetics.

    `kept` (pairs, cells) are derivatives of events to amounts, 1/day; `rest` bounds the rates of
    the other kinetics, 1/day.
    """

    species: tuple[int, ...]
    pairs: list[tuple[int, int]]
    kept: Array
    rest: float


class Partitioned:
    """W-methods whose matrix holds diffusion, losses and uptake of the fast species alone.

    The others are stepped by the explicit method of the same weights, so that whatever sum both
    keep stays. What is counted goes through the same stages.
    """

    def __init__(
        self,
        problem: Problem,
        operators: VoxelOperators,
        kinetics: Kinetics,
        addresses: Addresses,
    ) -> None:
        self._problem = problem
        self._operators = operators
        # Every event is counted, so that a solute's balance can be drawn up as well.
        self._kinetics = kinetics._replace(counted=np.ones_like(kinetics.counted))
        self._addresses = addresses
        self._blocks = BlockStages(problem, operators, self._kinetics, addresses.rates)
        self._pattern = compiled(problem.network).pattern
        self._volumes = problem.geometry.cell_volumes
        self._solutes: dict[int, Solute] = {}
        self._room = np.empty(0)

    def split(self, operator: VoxelOperator, species: tuple[int, ...]) -> Split:
        """Return what a step at `operator` with implicit `species` takes implicitly."""
        pairs = implicit_pairs(self._kinetics.stoichiometry, self._pattern, species)
        kept = np.empty((len(pairs), self._volumes.size))
        implicit = np.isin(np.arange(len(self._problem.fields)), species)
        rest = keep_slopes(
            operator.densities,
            operator.fields.porosity,
            self._kinetics,
            self._addresses.jacobian,
            np.array(pairs, dtype=np.int64).reshape(-1, 2),
            implicit,
            kept,
        )
        return Split(species=species, pairs=pairs, kept=kept, rest=rest)

    def step(
        self,
        operator: VoxelOperator,
        first: Array,
        split: Split,
        method: Method,
        dt: float,
        exactness: float,
        below: float = 1.0,
    ) -> Staged:
        """Return what `dt` days make of the amounts `first`, at `operator`.

        Implicit stages are solved to `exactness` of a species' amount. The totals are those of
        the k of `method`, as its `weights` want them. The step is given up if more than the share
        `below` of an implicit species is below zero in the second stage.
        """
        at = _Step(self, operator, first, split, method.gamma * dt, (exactness, dt))
        slopes, room = self._memory(len(method.weights), first.shape)
        counts: list[Array] = []
        here, state = operator, first
        for i, couplings in enumerate(method.couplings):
            if i > 0:
                state = room
                combined(first, slopes[:i], dt * method.stages[i, :i], state)
                if i == 1 and below < 1.0:
                    at.require(state, below)
                here = self._operators.at(state, in_place=True)
            coming = inward(here)
            counted = np.concatenate([self._blocks.inside(here, slopes[i]), crossing(here, coming)])
            combined(slopes[i], slopes[:i], couplings[:i], slopes[i])
            for share, earlier in zip(couplings[:i], counts, strict=True):
                counted = counted + share * earlier
            counts.append(counted + at.solve(coming, slopes[i]))
        weights = dt * method.weights, dt * method.errors
        # The last stage's state is not needed any more, and its memory the step's to give away.
        difference, size, low = ended(first, slopes, *weights, self._volumes, room)
        return Staged(
            amounts=room, totals=np.array(counts), difference=difference, size=size, low=low
        )

    def _memory(self, stages: int, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Return room for the slopes of all stages, kept between steps, and for the state of one.

        A system takes as long to find new room for so much as loops take to fill it.
        """
        if self._room.shape != (stages, *shape):
            self._room = np.empty((stages, *shape))
        return self._room, np.empty(shape)

    def let_go(self) -> None:
        """Let go of the room that is kept, as long as steps are taken by another method."""
        self._room = np.empty(0)

    def solute(self, species: int, operator: VoxelOperator) -> Solute:
        """Return the implicit system of a species, made once where transport never changes."""
        if self._operators.steady_layout is None or species not in self._solutes:
            self._solutes[species] = Solute(self._problem, species, operator.fields)
        return self._solutes[species]


def crossing(here: VoxelOperator, inwards: list[Array]) -> Array:
    """Return what comes in through every crossing, then what goes out, amount/day.

    `inwards` is that of `inward`.
    """
    came, went = np.zeros((2, len(here.crossed)))
    for k, (crossing, coming) in enumerate(zip(here.crossed, inwards, strict=True)):
        u, volumes = here.densities[crossing.species, crossing.cells], here.fields.volumes
        gain, lost = (
            (each * volumes[crossing.cells]) for each in (crossing.gain, crossing.loss * u)
        )
        if crossing.apart:
            came[k], went[k] = gain.sum(), lost.sum()
        else:
            came[k], went[k] = (gain - lost)[coming].sum(), (lost - gain)[~coming].sum()
    return np.concatenate([came, went])


def inward(here: VoxelOperator) -> list[Array]:
    """Return in which cells of every crossing the flow through a boundary is inwards."""
    return [
        np.zeros(each.cells.size, dtype=bool)
        if each.apart
        else each.gain > each.loss * here.densities[each.species, each.cells]
        for each in here.crossed
    ]


class _Step:
    """One step's systems and what their solutions bring to other species and to the counts."""

    def __init__(
        self,
        method: Partitioned,
        operator: VoxelOperator,
        first: Array,
        split: Split,
        step: float,
        exactness: tuple[float, float],
    ) -> None:
        self._problem, self._kinetics = method._problem, method._kinetics
        self._volumes = method._volumes
        self._operator, self._split, self._step = operator, split, step
        self._storage = method._operators.storage(operator.densities)
        self._amounts, self._exactness = norms(first, self._volumes), exactness
        self._leaving = [
            c.loss * self._volumes[c.cells] / self._storage[c.species, c.cells]
            for c in operator.crossed
        ]
        self._solutes = [method.solute(s, operator) for s in split.species]
        for each in self._solutes:
            self._begin(each)

    def _begin(self, solute: Solute) -> None:
        s, fields = solute.species, self._operator.fields
        taking = np.zeros(self._volumes.size)
        for (r, by), kept in zip(self._split.pairs, self._split.kept, strict=True):
            if by == s:
                taking -= self._kinetics.stoichiometry[s, r] * kept
        loss = fields.loss[fields.local[s]] if fields.local[s] >= 0 else None
        solute.set_step(self._step, self._storage[s], loss, taking)

    def require(self, amounts: Array, below: float) -> None:
        """Refuse the step if more than the share `below` of an implicit species is below zero.

        What the other stages cost is saved: such a step is too long for a field that settles.
        """
        for s in self._split.species:
            if shortage(amounts[s], self._volumes) > below:
                raise StepFailed(self._problem.fields[s].name, "a value is negative")

    def solve(self, inwards: list[Array], right: Array) -> Array:
        """Make the stage's slopes of `right` (species, cells); return what A adds to its counts.

        `inwards` says where the flow through boundaries is, as that of `inward`.
        """
        reactions, species = self._kinetics.counted.size, len(right)
        crossed = len(inwards)
        counts = np.zeros(2 * reactions + species + 2 * crossed)
        for solute in self._solutes:
            s = solute.species
            solved = solute.solve(right[s], float(self._amounts[s]), *self._exactness)
            self._events(s, solved, right, counts)
            if self._operator.removal.size:
                leaving = self._operator.removal * solved / self._storage[s]
                counts[2 * reactions + s] += self._step * totals(leaving[None], self._volumes)[0]
            self._crossings(inwards, s, solved, counts[2 * reactions + species :].reshape(2, -1))
        return counts

    def _events(self, s: int, solved: Array, right: Array, counts: Array) -> None:
        """Add what the events that depend on species `s` do to the other species."""
        changes = self._step * self._kinetics.stoichiometry
        for (r, by), kept in zip(self._split.pairs, self._split.kept, strict=True):
            if by != s:
                continue
            others = np.where(np.arange(len(right)) == s, 0.0, changes[:, r])
            counts[r] += self._step * events(kept, solved, self._volumes, others, right)

    def _crossings(self, inwards: list[Array], s: int, solved: Array, counts: Array) -> None:
        """Add what losses through boundaries and in regions do, on the side where the flow is."""
        for k, (crossing, coming) in enumerate(zip(self._operator.crossed, inwards, strict=True)):
            if crossing.species == s:
                lost = self._step * self._leaving[k] * solved[crossing.cells]
                counts[0, k] -= float(lost[coming].sum())
                counts[1, k] += float(lost[~coming].sum())
