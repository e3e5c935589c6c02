"""Body and tumour as one system: its state, its doses, and what it is at a time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from cartflow.core.parameters import Parameter
from cartflow.core.totals import totals
from cartflow.coupling.bearer import TumourBearer
from cartflow.coupling.door import Door
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.exchange import SoluteExchange
from cartflow.coupling.feed import Feed
from cartflow.coupling.in_turns import StepInTurns
from cartflow.coupling.ledger import of_all
from cartflow.coupling.state import State
from cartflow.coupling.tissue import Tissue
from cartflow.coupling.wholes import Wholes
from cartflow.pde.engine import Engine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Coupled(TumourBearer):
    """An organ network coupled to an engine's problem through a door.

    `injection` weights (1/mm^3 per mesh cell) place intratumoural doses. On a line both are stepped
    together (`LineStepper`), else in turns (`StepInTurns`). With a `feed` the body is the tumour's
    vessels alone, which blood enters as given: what they hand over counts as infused. What
    circulates beside cells comes and goes by the `exchange`.
    """

    engine: Engine
    door: Door
    injection: Array
    feed: Feed | None = None
    exchange: SoluteExchange | None = None
    _others: dict[Hashable, Self] = field(default_factory=dict, init=False, repr=False)

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

    @cached_property
    def volumes(self) -> Array:
        """The volumes of the mesh cells, mm^3."""
        return self.engine.problem.geometry.cell_volumes

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

    def split(self, tumour: Array) -> list[Array]:
        """Return the densities in the tumour."""
        return [tumour]

    def joined(self, parts: list[Array]) -> Array:
        """Return the densities in the tumour."""
        return parts[0]

    def next_inside(self, time: float) -> float:
        """Return the next time after `time` (days) at which a course of blood changes its slope."""
        return np.inf if self.feed is None else self.feed.course.next_knot(time)

    def at(self, time: float) -> Self:
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

    @cached_property
    def tissues(self) -> tuple[Tissue, ...]:
        """The tumour's tissue."""
        tissue = Tissue(
            engine=self.engine,
            door=self.door,
            dosing=self.dosing,
            rows=np.arange(len(self.products)),
            node=self.network.draining,
        )
        return (tissue,)

    @cached_property
    def in_turns(self) -> StepInTurns:
        """What takes its steps in turns."""
        return StepInTurns(
            organs=self.organs,
            tissues=self.tissues,
            dosing=self.dosing,
            feed=self.feed,
            solute_doses=self.solute_doses,
            exchange=self.exchange or SoluteExchange(problem=self.engine.problem),
        )

    def of_all(self, counted: Array) -> Array:
        """Return counts of the tumour's products as counts of all products."""
        return of_all(counted, len(self.product_names))
