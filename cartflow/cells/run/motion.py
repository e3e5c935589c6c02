"""How cells walk, push and meet within a step, in parts of the mechanics' own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from cartflow.cells.arrival.by_walls import fed
from cartflow.cells.contact.meeting import Tally, met
from cartflow.cells.contact.pulling import pulled
from cartflow.cells.contact.terms import Terms
from cartflow.cells.crowding.bins import bins_of
from cartflow.cells.crowding.lattice import hopped
from cartflow.cells.crowding.spheres import Spheres, pushed
from cartflow.cells.movement.walk import fastest_of, moving_of, parts_of, shifted, walked
from cartflow.cells.population import Population
from cartflow.cells.room.grid import Grid
from cartflow.cells.run.sizes import placed_as, shares_of_radius, still_there, with_remains
from cartflow.cells.run.system import CellSystem
from cartflow.cells.traits.drawn import drawn

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class Motion:
    """Moves the cells of a `system`; `part` counts the parts of steps, each with its own lots.

    `tally` is what contacts came to, `remains` are the cells that died and are still there,
    with the days since then on their clocks. `taken` are the kinds and walls of the cells that
    walls took up in the last step, and `let_in` those of cells that came by walls, with their
    numbers.
    """

    system: CellSystem
    tally: Tally
    remains: Population
    part: int = 0
    taken: list[tuple[int, int]] = field(default_factory=list)
    let_in: list[tuple[int, int, int]] = field(default_factory=list)

    def go(self, cells: Population, velocity: Array, dt: float) -> Population:
        """Return the cells after `dt` days, with what drives them at `velocity`."""
        system, self.taken, self.let_in = self.system, [], []
        parts, fastest = 1, fastest_of(velocity)
        if system.feeds:
            parts = parts_of(system.room, system.gait, fastest, dt)
        if system.spheres is not None or system.terms is not None:
            parts = max(parts, math.ceil(dt / system.asked.mechanics_step * (1.0 - 1e-12)))
        for _ in range(parts):
            self.part += 1
            cells = self._walked(cells, velocity, fastest, dt / parts)
            cells = self._fed(cells, dt / parts)
            cells = self._pushed(cells, dt / parts)
            dead = np.zeros(cells.size, dtype=bool)
            if system.terms is not None:
                cells, dead = self._met(cells, system.terms, dt / parts)
            self.remains = still_there(self.remains, cells, dead, system.asked.stay, dt / parts)
            cells = cells.without(dead)
        return cells

    def remain(self, died: Population) -> None:
        """Let cells that `died` by a reaction be among the remains, if they do not vanish."""
        everyone = np.ones(died.size, dtype=bool)
        self.remains = still_there(self.remains, died, everyone, self.system.asked.stay, 0.0)

    def _met(self, cells: Population, terms: Terms, dt: float) -> tuple[Population, Array]:
        """Let cells meet; return them, and who of them is dead."""
        system = self.system
        return met(
            cells, terms, self.tally, moving_of(system.room), dt, self.part, system.asked.seed
        )

    def _walked(self, cells: Population, velocity: Array, fastest: float, dt: float) -> Population:
        system, asked = self.system, self.system.asked
        if not system.gait.moves or not cells.size:
            return cells
        if asked.room.crowding == "lattice":
            assert isinstance(system.room, Grid)
            spread = system.gait.diffusivity
            return hopped(
                cells, system.room, spread, asked.room.per_site, dt, self.part, asked.seed
            )
        moved = walked(
            cells, system.room, system.gait, velocity, dt, self.part, asked.seed, fastest
        )
        gone = moved.place < 0
        if not gone.any():
            return moved
        self.taken += [
            (int(kind), -1 - int(wall))
            for kind, wall in zip(moved.kind[gone], moved.place[gone], strict=True)
        ]
        return moved.without(gone)

    def _fed(self, cells: Population, dt: float) -> Population:
        """Let in who comes by walls; those were not there to walk."""
        asked = self.system.asked
        for feed in self.system.feeds:
            new = fed(
                feed, self.system.room, dt, self.part, asked.seed, cells.unborn, asked.columns
            )
            if new.size:
                drawn(new, asked.traits, cells.unborn, asked.seed)
                self.let_in.append((feed.kind, feed.wall, new.size))
                cells = cells.joined(new)
        return cells

    def _pushed(self, cells: Population, dt: float) -> Population:
        system = self.system
        if not cells.size or (system.spheres is None and not system.pulls):
            return cells
        remains = self.remains
        there = with_remains(cells, remains)
        velocity = pulled(there, system.pulls, moving_of(system.room))
        velocity[cells.size :] = 0.0
        if system.spheres is not None:
            velocity += self._push(there, system.spheres)[0]
        moved = shifted(there, system.room, velocity * dt)
        self.remains = placed_as(remains, moved, slice(cells.size, None))
        return placed_as(cells, moved, slice(cells.size))

    def touching(self, cells: Population) -> Array:
        """Return how many others overlap each cell."""
        if self.system.spheres is None or not cells.size:
            return np.zeros(cells.size, dtype=np.int32)
        there = with_remains(cells, self.remains)
        return self._push(there, self.system.spheres)[1][: cells.size]

    def _push(self, there: Population, spheres: Spheres) -> tuple[Array, Array]:
        """Return how all that are there push, the remains last."""
        moving, asked = moving_of(self.system.room), self.system.asked
        bins = bins_of(there.position, spheres.farthest, moving)
        share = shares_of_radius(there, self.remains.size, asked)
        return pushed(
            there.position, there.kind, there.name, spheres, bins, moving, self.part, asked.seed,
            share,
        )  # fmt: skip
