"""One step of cells, fields and body, in this order, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.chance.streams import spread, stream
from cartflow.cells.crowding.lattice import with_room
from cartflow.cells.hybrid.densities import Crossed, Densities
from cartflow.cells.hybrid.hops import Ways, hopped
from cartflow.cells.movement.walk import placed
from cartflow.cells.population import Population
from cartflow.cells.room.grid import Grid
from cartflow.cells.run.books import came, reacted, to_lymph, went
from cartflow.cells.run.chances import chances_of, require_finite
from cartflow.cells.run.dense import count, enter, let_in, with_densities, with_walls
from cartflow.cells.run.events import events
from cartflow.cells.run.fields import in_parts
from cartflow.cells.run.motion import Motion
from cartflow.cells.run.presence import present
from cartflow.cells.run.sizes import grown
from cartflow.cells.run.system import CellSystem
from cartflow.cells.traits.drawn import drawn, handed_down
from cartflow.core.outcome import StepFailed
from cartflow.coupling.ledger import Ledger
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class Stepping:
    """Where a run of cells stands: `cells`, `tumour` (species, mesh cells), `body`, `ledger`.

    A step of dt days lets cells move, then divide, die, change and leave by the chances at the
    densities where they have come to, then steps the fields with the cells where they are, then
    the body, whose vessels hand over at the end of it: all in turn, first order in dt.
    """

    system: CellSystem
    cells: Population
    tumour: Array
    body: Array
    ledger: Ledger
    motion: Motion
    densities: Densities
    rest: FastEngine | None
    number: int = 0

    def step(self, dt: float, infused: tuple[Array, Array]) -> None:
        """Go on by `dt` days, with what is `infused` in them into the body and into the tumour.

        These are whole cells (compartments, products) and (products,). Raises `StepFailed`.
        """
        self.number += 1
        many = self.densities.many.copy()
        ways = self.system.hopping.ways(self.tumour, len(many)) if self.densities.kinds else None
        self._move(dt)
        # What happens to cells that hop does so halfway, as to a density: no side of a border has
        # more of it.
        self._hop(ways, many, 0.5 * dt, 2 * self.number)
        left = self._events(dt)
        self._hop(ways, many, 0.5 * dt, 2 * self.number + 1)
        left += self._left_densities(0.5 * dt, 2 * self.number)
        left += self._fields(dt, many)
        left += self._left_densities(0.5 * dt, 2 * self.number + 1)
        self._body(dt, left, infused)
        self.switch()
        self.settle()

    def settle(self) -> None:
        """Let the densities of cells be what they come to on the mesh."""
        counts = self.numbers()
        self.tumour[self.system.rows] = counts / self.system.problem.geometry.cell_volumes
        self.ledger.fractions[:] = self.system.products(self.densities.crossed.fractions)

    def switch(self) -> None:
        """Let kinds with a threshold be densities where they are many, single cells elsewhere."""
        counts, seed = self._counts(), self.system.asked.seed
        for kind in self.densities.kinds:
            numbers, many = self.densities.switched(kind, counts[kind], self.number, seed)
            merged = (self.cells.kind == kind) & many[self.cells.place]
            self.cells = self.cells.without(merged)
            self.put(kind, np.repeat(np.arange(numbers.size), numbers))

    def put(self, kind: int, places: Array) -> None:
        """Put a new cell of a kind into each of the mesh cells `places`."""
        asked = self.system.asked
        if self.cells.size + places.size > asked.most:
            msg = f"{self.cells.size + places.size} cells are more than cells.most = {asked.most}"
            raise StepFailed("cells", msg)
        room, unborn = self.system.room, self.cells.unborn
        if asked.room.crowding == "lattice" and isinstance(room, Grid):
            places = with_room(places, self.cells, room, asked.room.per_site)
        kinds = np.full(places.size, kind)
        new = placed(room, kinds, places, unborn, self.number, asked.seed, asked.columns)
        drawn(new, asked.traits, unborn, asked.seed)
        self.cells = self.cells.joined(new)

    def bring(self, kind: int, numbers: Array) -> None:
        """Let whole `numbers` of cells of a kind come (mesh cells): where many, into a density."""
        single = numbers
        if kind in self.densities.kinds:
            single = self.densities.joined(kind, numbers, self._counts()[kind])
        self.put(kind, np.repeat(np.arange(single.size), single))

    def arrive(self, row: int, number: int, weights: Array, generator: np.random.Generator) -> None:
        """Let a `number` of cells of the species of a `row` come, by `weights` (mesh cells)."""
        kind = int(np.flatnonzero(self.system.rows == row)[0])
        if kind in self.densities.kinds:
            self.bring(kind, generator.multinomial(number, weights / weights.sum()))
        else:
            self.put(kind, spread(generator, number, weights))
        self.densities.crossed.events[kind] += number

    @property
    def _books(self) -> tuple[CellSystem, Ledger, Crossed]:
        """What is counted in."""
        return self.system, self.ledger, self.densities.crossed

    def numbers(self) -> Array:
        """Return the cells of each kind (kinds, mesh cells), single ones and those of densities."""
        return self._counts() + self.densities.amounts

    def _counts(self) -> Array:
        kinds, size = len(self.system.asked.kinds), self.system.problem.geometry.size
        return self.cells.counts(kinds, size)

    def _seen(self) -> Array:
        """Return the state (species, mesh cells) as rates see it, with densities by the kernel."""
        state = self.tumour.copy()
        state[self.system.rows] = self.system.kernel.densities(self._present())
        return state

    def _present(self) -> Array:
        """Return how much of each kind rates see (kinds, mesh cells), see `present`."""
        asked, size = self.system.asked, self.system.problem.geometry.size
        if not asked.weighed:
            return self.numbers()
        return present(self.cells, self.motion.remains, asked, size) + self.densities.amounts

    def _move(self, dt: float) -> None:
        system, motion = self.system, self.motion
        velocity = system.drift.velocity(self._seen() if system.drift.laws else self.tumour)
        dead, turned = motion.tally.dead.copy(), motion.tally.turned.copy()
        self.cells = motion.go(self.cells, velocity, dt)
        for kind, wall in motion.taken:
            went(*self._books, kind, system.wall(kind, wall), 1)
        for kind, wall, number in motion.let_in:
            came(*self._books, kind, system.wall(kind, wall), number)
        self.ledger.died += self.system.products(motion.tally.dead - dead)
        became = motion.tally.turned - turned
        changed = became.sum(axis=0) - became.sum(axis=1) - (motion.tally.dead - dead)
        self.densities.crossed.events += changed
        self.ledger.converted += self.system.products(became.sum(axis=0) - became.sum(axis=1))

    def _hop(self, ways: Ways | None, many: Array, dt: float, part: int) -> None:
        """Let kinds that may be densities hop, and come and go by walls where they are few."""
        system, seed = self.system, self.system.asked.seed
        if ways is None:
            return
        standing, generator = self.cells.size, stream(seed, "fed", part)
        for wall in system.hopping.feeding:
            numbers = generator.poisson(np.where(many[wall.kind], 0.0, wall.gain) * dt)
            came(*self._books, wall.kind, wall.place, int(numbers.sum()))
            self.put(wall.kind, np.repeat(np.arange(numbers.size), numbers))
        days = np.full(self.cells.size, dt)
        days[standing:] *= generator.random(self.cells.size - standing)
        cells = hopped(self.cells, system.room, system.mesh, ways, days, part, seed)
        for kind, walls in zip(system.hopping.kinds, system.hopping.walls, strict=True):
            for number, wall in enumerate(walls):
                gone = (cells.kind == kind) & (cells.place == -1 - number)
                went(*self._books, kind, wall.place, int(gone.sum()))
        self.cells = cells.without(cells.place < 0)

    def _events(self, dt: float) -> Array:
        """Let cells do what they do; return how many of each kind went into lymph."""
        system = self.system
        state = self._seen()
        with np.errstate(all="ignore"):
            rates = system.acts.network.rates(state)
        require_finite(system, rates)
        _, order = system.choices
        chances = chances_of(system, state, rates)[order]
        cells = grown(self.cells, system.asked, dt)
        cells, counts, died = events(system, self.motion, cells, chances, dt, self.number)
        self.motion.remain(died)
        handed_down(cells, system.asked.traits, self.cells.unborn, system.asked.seed)
        self.cells = cells
        times = np.zeros(order.size, dtype=np.int64)
        times[order] = counts
        left = self._entered(times)
        self._sources(rates, dt)
        return left

    def _entered(self, times: Array) -> Array:
        """Enter how often acts happened; return how many of each kind left by lymph."""
        system = self.system
        of_cells = [act for act in system.acts.acts if act.actor >= 0]
        for act, number in zip(of_cells, times, strict=False):
            reacted(*self._books, act.reaction, int(number), reverse=act.reverse)
        left = np.zeros(len(system.asked.kinds))
        for way, number in zip(system.leaving, times[len(of_cells) :], strict=True):
            if way.place is None:
                left[way.kind] += number
            else:
                went(*self._books, way.kind, way.place, int(number))
        return to_lymph(*self._books, left)

    def _left_densities(self, dt: float, part: int) -> Array:
        """Let densities give whole cells to lymph; return how many of each kind."""
        left, seed = np.zeros(len(self.system.asked.kinds)), self.system.asked.seed
        for kind in self.densities.kinds:
            if kind in self.system.lymph:
                left[kind] = self.densities.leave(kind, self._lymph(kind, dt), part, seed)
        return to_lymph(*self._books, left)

    def _lymph(self, kind: int, dt: float) -> Array:
        """Return the chances (mesh cells) that a cell of a kind goes into lymph within `dt`."""
        return np.asarray(-np.expm1(-self.system.lymph[kind] * dt))

    def _sources(self, rates: Array, dt: float) -> None:
        """Let cells come from nowhere: by reactions without an actor, and by supplies."""
        system = self.system
        generator = stream(system.asked.seed, "sources", self.number)
        volumes = system.problem.geometry.cell_volumes
        for act in system.acts.acts:
            if act.actor < 0:
                numbers = generator.poisson(np.maximum(rates[act.rate], 0.0) * volumes * dt)
                reacted(*self._books, act.reaction, int(numbers.sum()), reverse=False)
                for kind in act.outcome:
                    self.bring(kind, numbers)
        for kind, supply, place in system.supplies:
            numbers = generator.poisson(supply * dt)
            came(*self._books, kind, place, int(numbers.sum()))
            self.bring(kind, numbers)

    def _fields(self, dt: float, many: Array) -> Array:
        """Step what is no cells, with the cells where they are; walls let in where `many` are.

        Returns how many of each kind went into lymph.
        """
        if self.rest is None:
            return np.zeros(len(many))
        if self.densities.kinds:
            self.rest = with_walls(self.system, self.rest, many)
            let_in(self.system, self.densities, self.ledger, many, dt)
        rest = self.rest
        self.settle()
        seen = self.tumour
        if self.system.asked.weighed:
            seen = seen.copy()
            seen[self.system.rows] = self._present() / self.system.problem.geometry.cell_volumes
        state = with_densities(self.system, self.densities, seen)
        places = self.system.places_of_rest
        for new, account in in_parts(rest, state, dt):
            state = new
            self.ledger.came[places] += account.came
            self.ledger.went[places] += account.went
            count(self.densities, account)
            enter(self.system, self.ledger, account)
        cells = self.tumour[self.system.rows].copy()
        self.tumour = np.array(state[: len(self.tumour)])
        self.tumour[self.system.rows] = cells
        return self._over_borders(state[len(self.tumour) :], dt)

    def _over_borders(self, densities: Array, dt: float) -> Array:
        """Let what has spread to where cells are few be single cells, of which some go on to lymph.

        A density gives to lymph before the fields' step of `dt` days and after it: so do they.
        """
        volumes, seed = self.system.problem.geometry.cell_volumes, self.system.asked.seed
        generator, left = stream(seed, "over", self.number), np.zeros(len(self.densities.many))
        for kind, density in zip(self.densities.kinds, densities, strict=True):
            self.densities.amounts[kind] = density * volumes
            numbers = self.densities.over_borders(kind, self.number, seed)
            if kind in self.system.lymph:
                gone = generator.binomial(numbers, self._lymph(kind, 0.5 * dt))
                left[kind], numbers = gone.sum(), numbers - gone
            self.put(kind, np.repeat(np.arange(numbers.size), numbers))
        return to_lymph(*self._books, left)

    def _body(self, dt: float, left: Array, infused: tuple[Array, Array]) -> None:
        """Step the body, let in what its vessels hand over, and take up what lymph brings."""
        coupled, asked = self.system.coupled, self.system.asked
        into_body, into_tumour = infused
        self.ledger.infused += into_body.sum(axis=0) + coupled.of_all(into_tumour)
        body = self.system.body
        self.body = body.step(self.body, into_body, dt, self.number)
        self.body[coupled.network.draining] += self.system.products(left)
        self.ledger.died += body.taken(self.body, "lost")
        handed = body.taken(self.body, "handed_over")
        self.ledger.inflow += handed
        generator = stream(asked.seed, "arrivals", self.number)
        volumes = coupled.volumes
        for weights, numbers in (
            (coupled.door.arrival, handed[: len(coupled.products)]),
            (coupled.injection, into_tumour),
        ):
            for product, number in zip(coupled.products, numbers, strict=True):
                if number:
                    self.arrive(product, int(number), weights * volumes, generator)
