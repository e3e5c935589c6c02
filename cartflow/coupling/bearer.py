"""A body that bears one tumour or several, as far as a run goes by both alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from cartflow.core.stepping import Limit
from cartflow.core.totals import totals
from cartflow.coupling.carried import carried_given, carried_sums
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.in_turns import StepInTurns
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.state import State
from cartflow.coupling.tissue import Tissue
from cartflow.coupling.wholes import Wholes
from cartflow.pbpk.doses import Dose, SoluteDose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class TumourBearer(ABC):
    """An organ network with the vessels of its tumours, stepped in turns with the tissue of each.

    `placed` are product cells (compartments, products) that stand in the body at the start, in
    place of those of the kinetics. `happenings` are what the models do beside reactions.
    """

    network: OrganNetwork
    doses: tuple[Dose, ...]
    kinetics: OrganKinetics | None = None
    happenings: Happenings = field(default_factory=Happenings)
    placed: Array | None = None
    solute_doses: tuple[SoluteDose, ...] = ()
    order: ClassVar[int] = 2

    @property
    @abstractmethod
    def product_names(self) -> tuple[str, ...]:
        """All product species: those of the tumours first, then those that stay in organs."""

    @property
    @abstractmethod
    def tissues(self) -> tuple[Tissue, ...]:
        """The tissue of each tumour."""

    @property
    @abstractmethod
    def dosing(self) -> Dosing:
        """What the doses give."""

    @property
    @abstractmethod
    def wholes(self) -> Wholes:
        """Every species as a whole, in each tumour and in organs."""

    @property
    @abstractmethod
    def in_turns(self) -> StepInTurns:
        """What takes its steps in turns."""

    @abstractmethod
    def split(self, tumour: Array) -> list[Array]:
        """Return the densities (species, mesh cells) in each tumour, views of a state's."""

    @abstractmethod
    def joined(self, parts: list[Array]) -> Array:
        """Return a state's tumour from the densities in each."""

    @abstractmethod
    def in_tumour(self, tumour: Array) -> Array:
        """Return the product cells in the tissue of all tumours, per product species."""

    @abstractmethod
    def next_inside(self, time: float) -> float:
        """Return the next time after `time` (days) at which something changes in a tumour."""

    @abstractmethod
    def at(self, time: float) -> Self:
        """Return the system as it is from `time` (days) to the next event."""

    @cached_property
    def organs(self) -> ActingOrgans:
        """The body's organs and what acts in them."""
        return ActingOrgans(
            network=self.network,
            products=self.product_names,
            kinetics=self.kinetics,
            least=self.happenings.least(self.kinetics),
        )

    @cached_property
    def field_names(self) -> list[str]:
        """The fields, in the order of their amounts; of several tumours with the tumour's name."""
        return [t.named(item.name) for t in self.tissues for item in t.engine.problem.fields]

    @cached_property
    def are_products(self) -> Array:
        """Which fields are products."""
        return np.concatenate([t.engine.problem.network.is_product for t in self.tissues])

    def amounts(self, tumour: Array) -> Array:
        """Return the whole of every field in every tumour."""
        each = zip(self.tissues, self.split(tumour), strict=True)
        return np.concatenate([totals(densities, tissue.volumes) for tissue, densities in each])

    def start(self, tumour: Array, time: float) -> State:
        """Return the state before any dose; product cells there count as infused."""
        body, residents = self.organs.start()
        body = body if self.placed is None else self.placed.copy()
        problems = [tissue.engine.problem for tissue in self.tissues]
        ledger = Ledger.empty(
            len(self.product_names),
            sum(len(problem.places) for problem in problems),
            sum(len(problem.fields) for problem in problems) + residents.size,
            len(self.organs.circulating),
            len(problems),
        )
        carried, inside = self.organs.carried_start, self.split(tumour)[0]
        ledger.infused += self.in_tumour(tumour) + body.sum(axis=0)
        ledger.carried_infused += carried_sums(self.organs, carried)
        ledger.carried_infused += self.in_turns.exchange.in_tumour(inside, ledger.carried_made.size)
        return State(
            time=time,
            body=body,
            tumour=tumour,
            ledger=ledger,
            residents=residents,
            carried=carried,
        )

    def next_event(self, time: float) -> float:
        """Return the next time after `time` at which a dose starts or ends, or models change."""
        given = (*self.doses, *self.solute_doses)
        times = [t for dose in given for t in (dose.time, dose.end)]
        times += [*self.happenings.times(), self.next_inside(time)]
        return min((t for t in times if t > time), default=np.inf)

    def given(self, dose: Dose, state: State) -> State:
        """Return the state with a bolus given."""
        _, cells, infused = self.dosing.bolus(dose)
        ledger, tumour = state.ledger.copy(), state.tumour.copy()
        ledger.infused += infused
        if dose.route == "intratumoural":
            for tissue, densities in zip(self.tissues, self.split(tumour), strict=True):
                if tissue.name in ("", dose.tumour):
                    densities[tissue.products] += tissue.dosing.bolus(dose)[0]
        return replace(state, body=state.body + cells, tumour=tumour, ledger=ledger)

    def solutes_given(self, state: State) -> State:
        """Return the state with the boluses of its time of what circulates given."""
        ledger = state.ledger.copy()
        carried = carried_given(self.organs, self.solute_doses, state, ledger)
        return replace(state, carried=carried, ledger=ledger)

    def arrived(self, state: State) -> State:
        """Return the state with the blood of its time, where a course gives that."""
        feed = self.in_turns.feed
        return state if feed is None else replace(state, body=feed.set(state.body, state.time))

    def step(self, old: State, dt: float, like: float = 0.0, *, spend: bool = False) -> State:
        """Return the state after `dt` days. Raises `StepFailed` naming the field.

        `like` is the longer step that this one will be compared with, for the engines. To `spend`
        the old state is to write over its tumours, which are not needed any more.
        """
        tissues = [each if spend else each.copy() for each in self.split(old.tumour)]
        new, tissues = self.in_turns.step(old, tissues, dt, like)
        return replace(new, tumour=self.joined(tissues))

    def step_limit(self, tumour: Array) -> Limit:
        """Return the longest step that all engines can take, and what sets it where."""
        limits = [
            replace(limit, field=tissue.named(limit.field))
            for tissue, densities in zip(self.tissues, self.split(tumour), strict=True)
            for limit in (tissue.engine.step_limit(densities),)
        ]
        return min(limits, key=lambda limit: limit.days)

    def memory(self) -> Array:
        """Return what the engines remember, one after the other."""
        return np.concatenate([tissue.engine.memory() for tissue in self.tissues])

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned; by nothing if it is empty."""
        sizes = [t.engine.memory().size if memory.size else 0 for t in self.tissues]
        parts = np.split(memory, np.cumsum(sizes)[:-1])
        for tissue, part in zip(self.tissues, parts, strict=True):
            tissue.engine.recall(part)
