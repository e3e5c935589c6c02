"""The whole of every species in each of several tumours, and at sites in organs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.coupling.ledger import Ledger
from cartflow.coupling.several.layout import Layout
from cartflow.coupling.state import State
from cartflow.coupling.wholes import Wholes

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class WholesOfAll(Wholes):
    """Those of each tumour by the `layout`, one after the other, then those in organs.

    `inside` are those of each tumour alone, without organs.
    """

    layout: Layout
    inside: tuple[Wholes, ...] = field(default_factory=tuple)

    @cached_property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Species and place of each number; the place is a tumour's name, or a compartment."""
        pairs = zip(self.layout.names, self.inside, strict=True)
        tumours = [(species, name) for name, own in pairs for species, _ in own.labels]
        return (*tumours, *self._outside.labels)

    @cached_property
    def may_fall(self) -> bool:
        """Whether any species may die out anywhere."""
        return self._outside.may_fall or any(own.may_fall for own in self.inside)

    def above(self, state: State) -> Array:
        """Return how many times the smallest amount that is not extinct each whole is, or inf."""
        parts = [own.above(each) for own, each in self._each(state)]
        return np.concatenate([*parts, self._outside.above(state)])

    def least_in_tumour(self, state: State) -> Array:
        """Return the smallest amount of each species that is not extinct in its tumour, or inf."""
        return np.concatenate([own.least_in_tumour(each) for own, each in self._each(state)])

    def factors(self, time: float) -> Array:
        """Return what each whole is multiplied with at just this time."""
        parts = [own.factors(time) for own in self.inside]
        return np.concatenate([*parts, self._outside.factors(time)])

    def multiplied(self, state: State, factors: Array) -> State:
        """Return `state` with each whole multiplied; product cells count as born or died."""
        sizes = [len(own.labels) for own in self.inside]
        *inside, organs = np.split(factors, np.cumsum(sizes))
        new = self._outside.multiplied(state, organs)
        tumours = []
        for name, (own, each), mine in zip(
            self.layout.names, self._each(state), inside, strict=True
        ):
            nothing = Ledger.empty(len(own.organs.products))
            changed = own.multiplied(replace(each, ledger=nothing), mine)
            tumours.append(changed.tumour)
            rows = self.layout.rows[name]
            new.ledger.born[rows] += changed.ledger.born
            new.ledger.died[rows] += changed.ledger.died
        return replace(new, tumour=self.layout.joined(tumours))

    def _each(self, state: State) -> list[tuple[Wholes, State]]:
        """Return the wholes of each tumour with its state, without the body's."""
        nothing = np.zeros((0, 0))
        parts = self.layout.parts(state.tumour)
        bodies = [np.zeros((0, len(own.organs.products))) for own in self.inside]
        return [
            (own, replace(state, tumour=part, body=body, residents=nothing))
            for own, part, body in zip(self.inside, parts, bodies, strict=True)
        ]

    @cached_property
    def _outside(self) -> Wholes:
        return Wholes(organs=self.organs, happenings=self.happenings)
