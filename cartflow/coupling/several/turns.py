"""A run of a body and several tumours in turns, and its companion."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from cartflow.core.stepping import StepControl, extrapolated, relative_difference
from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.halves import extrapolated_body
from cartflow.coupling.programme import Programme
from cartflow.coupling.retraced import Retraced
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.state import State
from cartflow.coupling.turns import InTurns

Array = np.ndarray


class OfTumours(InTurns):
    """A run in turns of several tumours: errors are those of each field in each tumour.

    What the run asks of its system, `Tumours` answer as `Coupled` does.
    """

    def __init__(
        self,
        tumours: Tumours,
        control: StepControl,
        initial: Array,
        time: float,
        programme: Programme[Tumours] | None = None,
    ) -> None:
        super().__init__(
            cast("Coupled", tumours),
            control,
            initial,
            time,
            cast("Programme[Coupled] | None", programme),
        )

    @property
    def tumours(self) -> Tumours:
        """The system as it is now."""
        return cast("Tumours", self.coupled)

    def _amounts(self, state: State) -> Array:
        """Return the whole of every field in every tumour."""
        parts = zip(self.tumours.parts.values(), self._parts(state), strict=True)
        return np.concatenate([totals(tissue, part.volumes) for part, tissue in parts])

    def _parts(self, state: State) -> list[Array]:
        return self.tumours.layout.parts(state.tumour)

    def _differences(self, whole: State, halves: State, floor: Array) -> Array:
        """Return how far the two are apart in each field of each tumour, relative."""
        found, begin = [], 0
        parts = self.tumours.parts.values()
        for part, one, two in zip(parts, self._parts(whole), self._parts(halves), strict=True):
            end = begin + len(one)
            found.append(relative_difference(one, two, part.volumes, floor[begin:end]))
            begin = end
        return np.concatenate(found)

    def _extrapolated(self, whole: State, halves: State, floor: Array) -> tuple[State, Array]:
        """Return the extrapolated state, and the share that its limits moved in each field.

        The last share is that of what only organs have; see `extrapolated_state`.
        """
        tumours, order = self.tumours, self.loop.order
        tissues, shares = [], []
        parts = tumours.parts.values()
        for part, one, two in zip(parts, self._parts(whole), self._parts(halves), strict=True):
            rows = [extrapolated(a, b, part.volumes, order) for a, b in zip(one, two, strict=True)]
            tissues.append(np.array([values for values, _ in rows]))
            shares += [share for _, share in rows]
        sizes = self._amounts(halves)
        moved = np.append(shares * (sizes / (sizes + floor)), 0.0)
        new, in_body = extrapolated_body(order, whole, halves)
        own = np.concatenate(list(tumours.layout.rows.values()))
        moved[np.flatnonzero(self._are_products)] += in_body[own]
        moved[-1] = max(in_body, default=0.0)
        return replace(new, tumour=tumours.layout.joined(tissues)), moved

    @property
    def _are_products(self) -> Array:
        """Which fields are products."""
        problems = self.tumours.layout.problems.values()
        return np.concatenate([problem.network.is_product for problem in problems])


class TumoursRetraced(OfTumours, Retraced):
    """The same with steps twice as long, by the stations of a run before."""
