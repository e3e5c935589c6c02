"""A body and several tumours as one system: its state, its doses, and what it is at a time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from cartflow.core.totals import totals
from cartflow.coupling.bearer import TumourBearer
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.exchange import SoluteExchange
from cartflow.coupling.in_turns import StepInTurns
from cartflow.coupling.several.layout import Layout
from cartflow.coupling.several.wholes import WholesOfAll
from cartflow.coupling.tissue import Tissue

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Tumours(TumourBearer):
    """An organ network with the vessels of several tumours, and the tissue of each.

    `parts` are the tumours by name, each with its engine, door, injections and what its
    models do beside reactions, on the network of all. The tumour's state is one row, theirs one
    after the other.
    """

    parts: Mapping[str, Coupled]
    _others: dict[Hashable, Self] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def product_names(self) -> tuple[str, ...]:
        """All product species: those of the tumours first, then those that stay in organs."""
        inside = [name for one in self.parts.values() for name in one.product_names]
        in_organs = () if self.kinetics is None else self.kinetics.products
        return tuple(dict.fromkeys([*inside, *in_organs]))

    @cached_property
    def layout(self) -> Layout:
        """How states and accounts of the tumours stand one after the other."""
        problems = {name: one.engine.problem for name, one in self.parts.items()}
        return Layout(problems=problems, products=self.product_names)

    @cached_property
    def tissues(self) -> tuple[Tissue, ...]:
        """The tissue of each tumour."""
        layout, places = self.layout, self.network.tumours
        return tuple(
            Tissue(
                engine=one.engine,
                door=one.door,
                dosing=one.dosing,
                rows=layout.rows[name],
                node=self.network.index(places[name].node),
                place=place,
                crossed=layout.passed(name).start,
                name=name,
            )
            for place, (name, one) in enumerate(self.parts.items())
        )

    @cached_property
    def dosing(self) -> Dosing:
        """What the doses give to the body, and to all tumours together."""
        names = self.product_names
        return Dosing(
            network=self.network,
            doses=self.doses,
            products=names,
            inside=names,
            injection=np.zeros(0),
        )

    @cached_property
    def in_turns(self) -> StepInTurns:
        """What takes its steps in turns; nothing circulates beside cells."""
        return StepInTurns(
            organs=self.organs,
            tissues=self.tissues,
            dosing=self.dosing,
            feed=None,
            solute_doses=(),
            exchange=SoluteExchange(problem=self.tissues[0].engine.problem),
        )

    @cached_property
    def wholes(self) -> WholesOfAll:
        """Every species as a whole, in each tumour and in organs."""
        return WholesOfAll(
            organs=self.organs,
            happenings=self.happenings,
            layout=self.layout,
            inside=tuple(one.wholes for one in self.parts.values()),
        )

    def split(self, tumour: Array) -> list[Array]:
        """Return the densities (species, mesh cells) in each tumour, views of a state's."""
        return self.layout.parts(tumour)

    def joined(self, parts: list[Array]) -> Array:
        """Return a state's tumour from the densities in each."""
        return self.layout.joined(parts)

    def in_tumour(self, tumour: Array) -> Array:
        """Return the product cells in the tissue of all tumours, per product species."""
        found = np.zeros(len(self.product_names))
        for tissue, densities in zip(self.tissues, self.split(tumour), strict=True):
            found[tissue.rows] += totals(densities[tissue.products], tissue.volumes)
        return found

    def next_inside(self, time: float) -> float:
        """Return the next time after `time` (days) at which something changes in a tumour."""
        return min(one.next_event(time) for one in self.parts.values())

    def at(self, time: float) -> Self:
        """Return the system as it is from `time` (days) to the next event."""
        parts = {name: one.at(time) for name, one in self.parts.items()}
        switched = [place.switched(time) for place in self.happenings.sites]
        if not any(switched) and all(parts[name] is one for name, one in self.parts.items()):
            return self
        values = [tuple((name, p.value) for name, p in new.items()) for new in switched]
        key = (*map(id, parts.values()), *values)
        if key not in self._others:
            kinetics = None if self.kinetics is None else self.kinetics.switched(switched)
            self._others[key] = replace(self, parts=parts, kinetics=kinetics)
        return self._others[key]
