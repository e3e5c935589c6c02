"""Body and tumour as one system: its state, its doses, and what it is at a time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from cartflow.core.parameters import Parameter
from cartflow.core.totals import totals
from cartflow.coupling.carried import carried_given, carried_sums
from cartflow.coupling.door import Door
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.exchange import SoluteExchange
from cartflow.coupling.feed import Feed
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.in_turns import StepInTurns
from cartflow.coupling.ledger import Ledger, of_all
from cartflow.coupling.state import State
from cartflow.coupling.wholes import Wholes
from cartflow.pbpk.doses import Dose, SoluteDose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pde.engine import Engine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Coupled:
    """An organ network coupled to an engine's problem through a door.

    `injection` weights (1/mm^3 per mesh cell) place intratumoural doses. On a line both are stepped
    together (`LineStepper`), else in turns (`StepInTurns`). With a `feed` the body is the tumour's
    vessels alone, which blood enters as given: what they hand over counts as infused. What
    circulates beside cells comes and goes by the `exchange`.
    `placed` are product cells (compartments, products) that stand in the body at the start, in
    place of those of the kinetics.
    `happenings` are what the models do beside reactions; `at` a time the system has the parameters
    and infusions of then.
    """

    network: OrganNetwork
    engine: Engine
    door: Door
    doses: tuple[Dose, ...]
    injection: Array
    kinetics: OrganKinetics | None = None
    happenings: Happenings = field(default_factory=Happenings)
    feed: Feed | None = None
    placed: Array | None = None
    solute_doses: tuple[SoluteDose, ...] = ()
    exchange: SoluteExchange | None = None
    order: ClassVar[int] = 2
    _others: dict[Hashable, Coupled] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def products(self) -> Array:
        """The indices of the product species among the problem's species."""
        return np.flatnonzero(self.engine.problem.network.is_product)

    @cached_property
    def product_names(self) -> tuple[str, ...]:
        """All product species: those of the tumour first, then those that stay in organs."""
        species = self.engine.problem.network.species_names
        in_tumour = tuple(species[p] for p in self.products)
        in_organs = () if self.kinetics is None else self.kinetics.products
        return tuple(dict.fromkeys([*in_tumour, *in_organs]))

    @property
    def field_names(self) -> list[str]:
        """The fields, in the order of their amounts."""
        return [item.name for item in self.engine.problem.fields]

    @cached_property
    def volumes(self) -> Array:
        """The volumes of the mesh cells, mm^3."""
        return self.engine.problem.geometry.cell_volumes

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
    def dosing(self) -> Dosing:
        """What the doses give."""
        names = self.product_names
        return Dosing(
            network=self.network,
            doses=self.doses,
            products=names,
            inside=names[: len(self.products)],
            injection=self.injection,
            feed=self.feed,
        )

    @cached_property
    def wholes(self) -> Wholes:
        """Every species as a whole, in the tumour and in organs."""
        return Wholes(organs=self.organs, happenings=self.happenings, problem=self.engine.problem)

    def in_tumour(self, tumour: Array) -> Array:
        """Return the product cells in the tissue, per product species."""
        return self.in_tissue(totals(tumour[self.products], self.volumes))

    def in_tissue(self, sums: Array) -> Array:
        """Return what `sums` of densities over the tissue (its products) are of all products."""
        return self.of_all(sums)

    def densities(self, state: State) -> Array:
        """Return the densities (species, mesh cells) in the tissue as it is."""
        return state.tumour if state.expansion == 1.0 else state.tumour / state.expansion

    def stretch(self, state: State) -> float:
        """Return how many times as long lengths in the tumour are as at the start."""
        return 1.0

    def start(self, tumour: Array, time: float) -> State:
        """Return the state before any dose; product cells there count as infused."""
        body, residents = self.organs.start()
        body = body if self.placed is None else self.placed.copy()
        problem = self.engine.problem
        others, carried = len(problem.fields) + residents.size, self.organs.carried_start
        ledger = Ledger.empty(
            len(self.product_names), len(problem.places), others, len(self.organs.circulating)
        )
        ledger.infused += self.in_tumour(tumour) + body.sum(axis=0)
        ledger.carried_infused += carried_sums(self.organs, carried) + self.carried_in(tumour)
        return State(
            time=time,
            body=body,
            tumour=tumour,
            ledger=ledger,
            residents=residents,
            carried=carried,
        )

    @cached_property
    def _exchange(self) -> SoluteExchange:
        return self.exchange or SoluteExchange(problem=self.engine.problem)

    def carried_in(self, tumour: Array) -> Array:
        """Return how much of what circulates is in the tissue, (species,)."""
        return self._exchange.in_tumour(tumour, len(self.organs.circulating))

    def carried_in_tissue(self, species: str) -> bool:
        """Return whether a species is exchanged with the tissue."""
        return any(one.circulation.species == species for one in self._exchange.each)

    def carried_counted(self, amounts: Array) -> Array:
        """Return what of the `amounts` (fields) in the tissue circulates, (species,)."""
        return self._exchange.of_all(amounts, len(self.organs.circulating))

    def next_event(self, time: float) -> float:
        """Return the next time after `time` at which a dose starts or ends, or models change."""
        given = (*self.doses, *self.solute_doses)
        times = [t for dose in given for t in (dose.time, dose.end)]
        times += self.happenings.times()
        if self.feed is not None:
            times.append(self.feed.course.next_knot(time))
        return min((t for t in times if t > time), default=np.inf)

    def at(self, time: float) -> Coupled:
        """Return the system as it is from `time` (days) to the next event."""
        places = (self.happenings.tumour, *self.happenings.sites)
        switched = [place.switched(time) for place in places]
        injected = self.dosing.infusion(time)[1]
        if not any(switched) and not injected.any():
            return self
        values = [tuple((name, p.value) for name, p in new.items()) for new in switched]
        key = (*values, tuple(injected))
        if key not in self._others:
            engine = self._engine(switched[0], injected)
            kinetics = None if self.kinetics is None else self.kinetics.switched(switched[1:])
            self._others[key] = replace(self, engine=engine, kinetics=kinetics)
        return self._others[key]

    def _engine(self, switched: Mapping[str, Parameter], injected: Array) -> Engine:
        """Return the engine for other parameters, and with cells per day infused."""
        problem = self.engine.problem
        if not switched and not injected.any():
            return self.engine
        infusion = None
        if injected.any():
            infusion = np.zeros((len(problem.fields), problem.geometry.size))
            infusion[self.products] = np.outer(injected, self.injection)
        network = problem.network.with_parameters(switched)
        return self.engine.for_problem(replace(problem, network=network, infusion=infusion))

    def given(self, dose: Dose, state: State) -> State:
        """Return the state with a bolus given."""
        added, cells, infused = self.dosing.bolus(dose)
        ledger, tumour = state.ledger.copy(), state.tumour.copy()
        ledger.infused += infused
        tumour[self.products] += added
        return replace(state, body=state.body + cells, tumour=tumour, ledger=ledger)

    def solutes_given(self, state: State) -> State:
        """Return the state with the boluses of its time of what circulates given."""
        ledger = state.ledger.copy()
        carried = carried_given(self.organs, self.solute_doses, state, ledger)
        return replace(state, carried=carried, ledger=ledger)

    @cached_property
    def _in_turns(self) -> StepInTurns:
        return StepInTurns(
            organs=self.organs,
            engine=self.engine,
            door=self.door,
            dosing=self.dosing,
            products=self.products,
            feed=self.feed,
            solute_doses=self.solute_doses,
            exchange=self._exchange,
        )

    def step(self, old: State, dt: float, like: float = 0.0, *, spend: bool = False) -> State:
        """Return the state after `dt` days; see `StepInTurns.step`. Raises `StepFailed`."""
        return self._in_turns.step(old, dt, like, spend=spend)

    def enter_handed_over(self, cells: Array, infused: Array) -> None:
        """Count as `infused` what vessels without a body hand over: it comes from outside."""
        if self.feed is not None:
            infused += cells

    def arrived(self, state: State) -> State:
        """Return the state with the blood of its time, where a course gives that."""
        if self.feed is None:
            return state
        return replace(state, body=self.feed.set(state.body, state.time))

    def of_all(self, counted: Array) -> Array:
        """Return counts of the tumour's products as counts of all products."""
        return of_all(counted, len(self.product_names))
