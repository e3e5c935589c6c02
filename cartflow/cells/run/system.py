"""Body, fields and cells of a study, made ready for their steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.cells.arrival.by_walls import Feed
from cartflow.cells.arrival.whole_body import WholeBody
from cartflow.cells.asked import Asked
from cartflow.cells.births.acts import Acts, acts_of
from cartflow.cells.births.clocks import Clock
from cartflow.cells.births.happen import Choices, choices
from cartflow.cells.contact.pulling import Pull
from cartflow.cells.contact.terms import Terms, terms_of
from cartflow.cells.crowding.spheres import Spheres
from cartflow.cells.density.kernel import Kernel
from cartflow.cells.hybrid.equations import row_name
from cartflow.cells.hybrid.hopping import Hopping
from cartflow.cells.hybrid.neighbours import Neighbours, neighbours_of
from cartflow.cells.movement.drift import Drift
from cartflow.cells.movement.gait import Gait
from cartflow.cells.movement.walk import Room, room_of
from cartflow.cells.room.gates import Gate, gates_of
from cartflow.cells.run.due import clocks_of
from cartflow.cells.run.exchanges import Leaving, leaving_of, supplies_of
from cartflow.cells.run.gaits import gait_of
from cartflow.cells.run.rest import diffusivity_of, engine_of_rest, hopping_of
from cartflow.cells.run.walls import feeds_of
from cartflow.coupling.coupled import Coupled
from cartflow.pde.boundary import Place
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Field, Problem

Array = np.ndarray


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
        asked = self.asked
        rest = engine_of_rest(self.problem, self.acts, asked.kinds, asked.dense)
        object.__setattr__(self, "rest", rest)

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
        spread = [diffusivity_of(self.problem, item) for item in self._walkers]
        return gait_of(self.asked.walking, self._walkers, spread, self.room, self._gates)

    @cached_property
    def mesh(self) -> Neighbours:
        """Mesh cells and their neighbours."""
        return neighbours_of(self.problem.geometry)

    @cached_property
    def hopping(self) -> Hopping:
        """How kinds that may be densities hop from mesh cell to mesh cell."""
        return hopping_of(self.problem, self._fields, self.asked.dense, self.mesh)

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
    def pulls(self) -> tuple[Pull, ...]:
        """Which hunters are drawn to targets around them."""
        return tuple(
            Pull(hunter=one.hunter, target=one.target, cubes=one.cubes, rate=one.pull)
            for one in self.asked.contacts
            if one.pull > 0.0
        )

    @cached_property
    def leaving(self) -> tuple[Leaving, ...]:
        """The ways by which cells go: egress of what travels, and removal in regions."""
        return leaving_of(self.problem, self.rows, self._fields)

    @cached_property
    def lymph(self) -> dict[int, Array]:
        """The rate per day (mesh cells) at which cells of each kind that do so go into lymph."""
        return {way.kind: way.rate for way in self.leaving if way.place is None}

    @cached_property
    def supplies(self) -> tuple[tuple[int, Array, int], ...]:
        """The kind, cells a day in every mesh cell, and place of each supply in a region."""
        return supplies_of(self.problem, self._fields)

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
        names = self.problem.network.reaction_names
        return clocks_of(self.asked.clocks, self.acts, self.choices[1], names)

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
