"""Explicit steps on a whole grid with steady transport, all stages in one pass."""

from __future__ import annotations

import hashlib
from types import ModuleType

import numba
import numpy as np

from cartflow.kinetics.compiled.network import kept_module
from cartflow.pde.problem import Problem
from cartflow.pde.stepped import Staged
from cartflow.pde.voxels.crew import share
from cartflow.pde.voxels.faces_of_grid import is_whole_grid
from cartflow.pde.voxels.fields import Layout
from cartflow.pde.voxels.laid_out import Kinetics
from cartflow.pde.voxels.wave import kernels
from cartflow.pde.voxels.wave.places import GAP, KEPT, PAD
from cartflow.pde.voxels.wave.stage_text import BLOCK, STAGES, Shape, stage_text
from cartflow.pde.voxels.wave.totals import over_slabs

Array = np.ndarray

_SMALL = 100_000  # cells times stages below which one thread is faster than starting more
_MOST_MEMORY = 32 * 2**20  # bytes a thread may need, about what a last cache holds


class Wave:
    """The compiled loops of `wave_kernels` with the memory that they need."""

    def __init__(self, problem: Problem, layout: Layout, kinetics: Kinetics) -> None:
        self._grid = _grid(problem, layout, kinetics.counted)
        self._volume = float(problem.geometry.cell_volumes[0])
        self._stages = _stages(problem, self._grid)
        self._addresses = np.array([getattr(self._stages, name).address for name in STAGES])
        self._parameters = kinetics.parameters
        self._species = len(problem.fields)
        self._work = np.zeros((0, 0))

    def fits(self, stages: int) -> bool:
        """Return whether so many stages stay within the caches."""
        return 8 * self._needed(stages) <= _MOST_MEMORY

    def step(self, u: Array, table: Array, weights: Array, out: Array | None = None) -> Staged:
        """Return what the stages of `table` make of the amounts `u` (species, cells).

        `weights` are those of `Stages.difference`. The amounts are written to `out`, if given.
        """
        totals = self._no_totals(len(table))
        judged = np.zeros((len(totals), self._species, 3))
        out = np.empty_like(u) if out is None else out
        self._run(u, table, out, totals, judged, weights)
        everything, difference, size, low = over_slabs(totals, judged, self._volume)
        return Staged(amounts=out, totals=everything, difference=difference, size=size, low=low)

    def slope(self, u: Array, out: Array) -> None:
        """Write the right-hand side at the amounts `u` to `out`."""
        judged = np.empty((0, self._species, 3))
        table = np.array([[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]])
        self._run(u, table, out, self._no_totals(1), judged, np.zeros(5))

    def _no_totals(self, stages: int) -> Array:
        """Return zeros for what happens in every slab and stage."""
        crossings = 2 * self._grid.crossing_species.size
        columns = 2 * self._grid.counted.size + self._species + crossings
        return np.zeros((self._grid.shape[0], stages, columns))

    def _run(
        self,
        u: Array,
        table: Array,
        out: Array,
        totals: Array,
        judged: Array,
        weights: Array,
    ) -> None:
        stages, slabs = len(table), int(self._grid.shape[0])
        small = u.size * stages < _SMALL
        tiles = 1 if small else min(numba.get_num_threads(), max(1, slabs // stages))
        work, before, after = self._memory(tiles, stages), u.reshape(-1), out.reshape(-1)

        def tile(k: int) -> None:
            low, high = k * slabs // tiles, (k + 1) * slabs // tiles
            kernels.wave(
                before,
                table,
                self._grid,
                self._addresses,
                self._parameters,
                work[k],
                low,
                high,
                after,
                totals,
                judged,
                weights,
            )

        share(tile, tiles)

    def _needed(self, stages: int) -> int:
        ring = self._species * (int(self._grid.shape[1] * self._grid.shape[2]) + GAP)
        return stages * (KEPT + 1) * ring + 2 * PAD

    def _memory(self, tiles: int, stages: int) -> Array:
        needed = self._needed(stages)
        if self._work.shape[0] < tiles or self._work.shape[1] < needed:
            tiles = max(tiles, self._work.shape[0])
            self.let_go()
            self._work = np.zeros((tiles, needed))
        return self._work[:tiles]

    def let_go(self) -> None:
        """Let go of the memory that the loops need, which they find again."""
        self._work = np.zeros((0, 0))


def can_wave(problem: Problem, layout: Layout) -> bool:
    """Return whether a problem with steady transport is one for `Wave`.

    Every field has a diffusivity without directions on a whole grid of equal cells, one storage,
    and no drift.
    """
    storage = problem.storage(np.ones((len(problem.fields), problem.geometry.size)))
    return bool(
        is_whole_grid(problem.geometry)
        and not np.isin(layout.fields.way, (2, 3)).any()
        and problem.geometry.active.shape[-1] > 1
        and all(item.chemotaxis is None for item in problem.fields)
        and np.all(storage == storage[:, :1])
    )


def _stages(problem: Problem, grid: kernels.Grid) -> ModuleType:
    """Return the module with the compiled stages of the problem's network."""
    network = problem.network
    shape = Shape(
        mobile=tuple(
            bool(rates.any()) or bool(row >= 0)
            for rates, row in zip(grid.rates[:, :3], grid.placed, strict=True)
        ),
        placed=tuple(bool(row >= 0) for row in grid.placed),
        local=tuple(bool(row >= 0) for row in grid.local),
        stored=tuple(bool(held != 1.0) for held in grid.rates[:, 3]),
        counted=tuple(bool(c) for c in grid.counted),
        in_pores=tuple(bool(p) for p in problem.in_pores),
        flat=int(grid.shape[1]) == 1,
        small=grid.sides.size > 0,
    )
    text = stage_text(network, shape)
    return kept_module(f"cartflow_stage_{hashlib.sha256(text.encode()).hexdigest()[:32]}", text)


def _grid(problem: Problem, layout: Layout, counted: Array) -> kernels.Grid:
    fields = layout.fields
    storage = problem.storage(np.ones((len(problem.fields), problem.geometry.size)))[:, :1]
    flat = fields.shape[0] == 1
    # A rectangle's slabs are its rows.
    shape = fields.shape[[1, 0, 2]] if flat else fields.shape
    rates = (fields.uniform[:, [1, 0, 2]] if flat else fields.uniform) / storage
    rates = np.hstack([rates, storage])
    width = int(shape[2])
    column = np.arange(width + BLOCK) % width
    rows = np.repeat(np.arange(shape[1]), width)
    small = shape[1] > 1 and rows.size <= BLOCK
    sides = 1.0 * (rows == 0) + 2.0 * (rows == shape[1] - 1) if small else np.zeros(0)
    ends = 1.0 * (column == 0) + 2.0 * (column == width - 1)
    kept = storage[fields.local >= 0] if (fields.local >= 0).any() else np.ones((0, 1))
    at, cells, gain, loss = _crossings(layout, storage, shape)
    return kernels.Grid(
        shape=np.array([*shape, BLOCK], dtype=np.int64),
        rates=np.ascontiguousarray(rates),
        placed=fields.row.astype(np.int64),
        exchange=_exchange(layout, storage),
        local=fields.local.astype(np.int64),
        gain=fields.gain.ravel(),
        loss=(fields.loss / kept).ravel(),
        ends=ends,
        sides=sides,
        counted=counted,
        removal=np.ascontiguousarray(problem.egress) if problem.egress.any() else np.zeros(0),
        crossing_species=np.array([c.species for c in layout.crossed], dtype=np.int64),
        crossing_apart=np.array([c.apart for c in layout.crossed], dtype=bool),
        crossing_at=at,
        crossing_cell=cells,
        crossing_gain=gain,
        crossing_loss=loss,
    )


def _exchange(layout: Layout, storage: Array) -> Array:
    """Return the rates of fields that differ from place to place, 1/day (see `Grid`)."""
    fields = layout.fields
    held = np.ones((len(fields.placed), 1, 1))
    for s in np.flatnonzero(fields.row >= 0):
        held[fields.row[s]] = storage[s, 0]
    return (fields.placed if np.all(held == 1.0) else fields.placed / held).ravel()


def _crossings(layout: Layout, storage: Array, shape: Array) -> tuple[Array, Array, Array, Array]:
    """Return where each crossing's entries begin in every slab, their cells, gains and losses."""
    slab = int(shape[1] * shape[2])
    edges = np.arange(shape[0] + 1) * slab
    before, at = 0, np.zeros((len(layout.crossed), shape[0] + 1), dtype=np.int64)
    for k, c in enumerate(layout.crossed):
        at[k] = before + np.searchsorted(c.cells, edges)
        before += c.cells.size
    empty = [np.zeros(0)]
    cells = np.concatenate(empty + [c.cells % slab for c in layout.crossed]).astype(np.int64)
    gain = np.concatenate(empty + [c.gain for c in layout.crossed])
    loss = np.concatenate(empty + [c.loss / storage[c.species, 0] for c in layout.crossed])
    return at, cells, gain, loss
