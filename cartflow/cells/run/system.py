"""Body, fields and cells of a study, made ready for their steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.cells.arrival.by_walls import Feed
from cartflow.cells.arrival.whole_body import WholeBody
from cartflow.cells.asked import Asked, Walking
from cartflow.cells.births.acts import Acts, acts_of, rest_of
from cartflow.cells.births.clocks import Clock
from cartflow.cells.births.happen import Choices, choices
from cartflow.cells.contact.terms import Terms, terms_of
from cartflow.cells.crowding.spheres import Spheres
from cartflow.cells.density.kernel import Kernel
from cartflow.cells.hybrid.equations import field_of_density, row_name, with_densities
from cartflow.cells.hybrid.flows import Flows
from cartflow.cells.hybrid.hopping import Hopping
from cartflow.cells.hybrid.neighbours import Neighbours, neighbours_of
from cartflow.cells.hybrid.walls import walls_of
from cartflow.cells.movement.drift import Drift
from cartflow.cells.movement.gait import Gait
from cartflow.cells.movement.walk import Room, room_of
from cartflow.cells.room.gates import Gate, gates_of
from cartflow.cells.room.row import REFLECT
from cartflow.cells.run.walls import feeds_of, films_of, ways_of
from cartflow.core.outcome import InputError
from cartflow.coupling.coupled import Coupled
from cartflow.pde.boundary import Place
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Field, Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaving:
    """A way by which cells of a `kind` go: by lymph (no place), or in the region of a `place`.

    `rate` (mesh cells) is per day.
    """

    kind: int
    rate: Array
    place: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class CellSystem:
    """What the steps of cells need: the coupled system as the study states it, and what is asked.

    Raises `InputError` for reactions that cells cannot do.
    """

    coupled: Coupled
    asked: Asked
    acts: Acts = field(init=False)
    rest: FastEngine | None = field(init=False)
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        network = self.problem.network
        object.__setattr__(self, "acts", acts_of(network, self.asked.kinds, self.asked.net_rates))
        object.__setattr__(self, "room", room_of(self.problem.geometry))
        object.__setattr__(self, "rest", self._rest())

    @property
    def problem(self) -> Problem:
        """The whole problem, of which some fields are cells."""
        return self.coupled.engine.problem

    @cached_property
    def rows(self) -> Array:
        """The row of each kind of cells among the species."""
        return np.array([self.problem.network.index(name) for name in self.asked.kinds])

    @cached_property
    def body(self) -> WholeBody:
        """What steps the body's cells."""
        return WholeBody(network=self.coupled.network, seed=self.asked.seed)

    @cached_property
    def kernel(self) -> Kernel:
        """What makes densities of cells."""
        return Kernel(geometry=self.problem.geometry, width=self.asked.kernel_width)

    @cached_property
    def gait(self) -> Gait:
        """How the kinds walk, and last cells that stay where they are."""
        walkers = self._walkers
        laws = [item for item in walkers if item.chemotaxis is not None]
        spread = [self._diffusivity(item) for item in walkers]
        persistence = np.array([each.persistence for each in self.asked.walking], dtype=float)
        drifts = [laws.index(item) if item in laws else -1 for item in walkers]
        walking = [*self.asked.walking, Walking()]
        ways = [ways_of(item, self.room.walls) for item in walkers]
        films = [films_of(item, self.room.walls, self._gates) for item in walkers]
        return Gait(
            # What walks straight on has a diffusivity in the long run, by which it does not step.
            diffusivity=np.array([*np.where(persistence > 0.0, 0.0, spread), 0.0]),
            speed=np.array([each.speed for each in walking], dtype=float),
            persistence=np.array([each.persistence for each in walking], dtype=float),
            pause=np.array([each.pause for each in walking], dtype=float),
            bias=np.array([each.bias for each in walking], dtype=float),
            films=np.array([*films, [0.0] * len(self.room.walls)]),
            ways=np.array([*ways, [REFLECT] * len(self.room.walls)], dtype=np.int64),
            drifts=np.array([*drifts, -1], dtype=np.int64),
        )

    @cached_property
    def mesh(self) -> Neighbours:
        """Mesh cells and their neighbours."""
        return neighbours_of(self.problem.geometry)

    @cached_property
    def hopping(self) -> Hopping:
        """How kinds that may be densities hop from mesh cell to mesh cell."""
        network = self.problem.network
        kinds = [kind for kind, name in enumerate(self.asked.kinds) if name in self.asked.dense]
        items = [self._fields[kind] for kind in kinds]
        return Hopping(
            kinds=kinds,
            flows=[
                Flows(
                    item=item,
                    diffusivity=self._diffusivity(item),
                    geometry=self.problem.geometry,
                    mesh=self.mesh,
                )
                for item in items
            ],
            attractants=[
                -1 if item.chemotaxis is None else network.index(item.chemotaxis.attractant)
                for item in items
            ],
            walls=[walls_of(self.problem, *pair) for pair in zip(items, kinds, strict=True)],
        )

    @cached_property
    def drift(self) -> Drift:
        """The drift of those kinds that have one."""
        network = self.problem.network
        return Drift(
            geometry=self.problem.geometry,
            room=self.room,
            laws=[
                (item.chemotaxis, network.index(item.chemotaxis.attractant))
                for item in self._walkers
                if item.chemotaxis is not None
            ],
        )

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """Through which walls cells come in."""
        walls, spread = self.room.walls, self.gait.diffusivity
        return tuple(
            feed
            for kind, item in enumerate(self._walkers)
            for feed in feeds_of(item, kind, walls, self._gates, float(spread[kind]))
        )

    @cached_property
    def _gates(self) -> dict[str, Gate]:
        return gates_of(self.room, self.problem.geometry)

    @cached_property
    def spheres(self) -> Spheres | None:
        """How cells push one another; none where they do not."""
        room = self.asked.room
        if room.crowding != "spheres":
            return None
        bodies = self.asked.bodies
        return Spheres(
            radius=np.array([body.radius for body in bodies]),
            repulsion=np.array([body.repulsion for body in bodies]),
            adhesion=np.array([body.adhesion for body in bodies]),
            reach=room.reach,
        )

    @cached_property
    def terms(self) -> Terms | None:
        """On what terms cells attach to others; none where they do not."""
        contacts = self.asked.contacts
        return terms_of(contacts, len(self.asked.kinds)) if contacts else None

    @cached_property
    def leaving(self) -> tuple[Leaving, ...]:
        """The ways by which cells go: egress of what travels, and removal in regions."""
        found = []
        problem = self.problem
        for kind, (row, item) in enumerate(zip(self.rows, self._fields, strict=True)):
            if problem.travels[row] and problem.egress.any():
                found.append(Leaving(kind=kind, rate=problem.egress, place=None))
            for source in item.sources:
                if np.any(source.removal):
                    inside = problem.geometry.region(source.region) * source.removal
                    place = Place(field=item.name, kind="region", name=source.region)
                    found.append(Leaving(kind=kind, rate=inside, place=self._place(place)))
        return tuple(found)

    @cached_property
    def lymph(self) -> dict[int, Array]:
        """The rate per day (mesh cells) at which cells of each kind that do so go into lymph."""
        return {way.kind: way.rate for way in self.leaving if way.place is None}

    @cached_property
    def supplies(self) -> tuple[tuple[int, Array, int], ...]:
        """The kind, cells a day in every mesh cell, and place of each supply in a region."""
        geometry = self.problem.geometry
        return tuple(
            (
                kind,
                geometry.region(source.region) * source.supply * geometry.cell_volumes,
                self._place(Place(field=item.name, kind="region", name=source.region)),
            )
            for kind, item in enumerate(self._fields)
            for source in item.sources
            if np.any(source.supply)
        )

    @cached_property
    def choices(self) -> tuple[Choices, Array]:
        """All that a cell may do, acts of reactions first, sorted by actor; and their order."""
        of_cells = [act for act in self.acts.acts if act.actor >= 0]
        actors = [act.actor for act in of_cells] + [way.kind for way in self.leaving]
        outcomes = [act.outcome for act in of_cells] + [()] * len(self.leaving)
        return choices(actors, outcomes, len(self.asked.kinds))

    @cached_property
    def clocks(self) -> tuple[tuple[Clock, int, int], ...]:
        """The clocks, the place of each one's division among `choices`, and how many daughters.

        Raises `InputError` for a reaction that no cell does.
        """
        found = []
        names = self.problem.network.reaction_names
        of_cells = [act for act in self.acts.acts if act.actor >= 0]
        for clock in self.asked.clocks:
            for place, number in enumerate(self.choices[1]):
                if number < len(of_cells) and not of_cells[number].reverse:
                    act = of_cells[number]
                    if names[act.reaction] == clock.reaction and act.actor == clock.trait.kind:
                        found.append((clock, place, len(act.outcome) - 1))
                        break
            else:
                msg = f"cells.clocks: '{clock.reaction}' is not what a cell does, but comes of none"
                raise InputError(msg)
        return tuple(found)

    def products(self, of_kinds: Array) -> Array:
        """Return counts by kind as counts by product of the whole run."""
        found = np.zeros(len(self.problem.network.species))
        np.add.at(found, self.rows, of_kinds)
        return self.coupled.of_all(found[self.coupled.products])

    def wall(self, kind: int, wall: int) -> int:
        """Return the place of the wall that takes up cells of a kind."""
        name = self.room.walls[wall]
        return self._place(Place(field=self.asked.kinds[kind], kind="boundary", name=name))

    @cached_property
    def places_of_rest(self) -> list[int]:
        """Where the places of the fields alone stand among those of the whole problem."""
        assert self.rest is not None
        whole = {row_name(name): name for name in self.asked.dense}
        return [
            self._place(replace(place, field=whole.get(place.field, place.field)))
            for place in self.rest.problem.places
        ]

    def _place(self, place: Place) -> int:
        return self.problem.places.index(place)

    @cached_property
    def _fields(self) -> tuple[Field, ...]:
        return tuple(self.problem.fields[row] for row in self.rows)

    @cached_property
    def _walkers(self) -> tuple[Field, ...]:
        """The fields of which cells walk; what hops from mesh cell to mesh cell does not."""
        dense = self.asked.dense
        return tuple(Field(name=f.name) if f.name in dense else f for f in self._fields)

    def _diffusivity(self, item: Field) -> float:
        state = np.ones((len(self.problem.fields), self.problem.geometry.size))
        return float(self.problem.place_diffusivity(item, state)[0])

    def _rest(self) -> FastEngine | None:
        """Return the engine of what are no cells; none where nothing of it ever changes."""
        kinds, dense = self.asked.kinds, self.asked.dense
        network = rest_of(self.problem.network, kinds)
        if dense:
            network = with_densities(network, self.acts, kinds, dense)
        items = [self.problem.fields[self.problem.network.index(name)] for name in dense]
        still = (
            *(
                Field(name=item.name) if item.name in kinds else item
                for item in self.problem.fields
            ),
            *(field_of_density(item) for item in items),
        )
        if not network.reactions and not any(item.mobile or item.sources for item in still):
            return None
        problem = replace(
            self.problem,
            network=network,
            fields=still,
            egress=np.zeros_like(self.problem.egress),
            counted=tuple(row_name(name) for name in dense),
        )
        return FastEngine(problem)
