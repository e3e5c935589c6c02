"""A run of a body and several tumours in turns, and its companion."""

from __future__ import annotations

from typing import cast

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import StepControl, error_estimate, extrapolated, relative_difference
from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.halves import residents_apart
from cartflow.coupling.programme import Programme
from cartflow.coupling.retraced import Retraced
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.state import State
from cartflow.coupling.turns import InTurns

Array = np.ndarray
_BEGINNING = 1000.0  # minimum steps, up to which first amounts are taken as they come


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

    def _attempt(self, dt: float) -> tuple[State, float, StepFailed]:
        """Return the state after `dt`, its error in units of the tolerance, and the worst field."""
        tumours = self.tumours
        try:
            whole = tumours.step(self.state, dt)
            if self.control.fixed:
                return whole, 0.0, StepFailed("", "")
            halves = tumours.step(tumours.step(self.state, 0.5 * dt, dt), 0.5 * dt, dt)
        except StepFailed as failure:
            if self.control.fixed:
                raise StepFailed(failure.field, failure.reason, self.state.time) from None
            return self.state, np.inf, failure
        self.apart = halves.body - whole.body
        floor = self._floor(halves)
        least = tumours.organs.least_residents if self.wholes.may_fall else np.inf
        differences = self._differences(whole, halves, floor)
        new, errors = halves, np.append(differences, residents_apart(whole, halves, least))
        if self.control.extrapolate:
            new, moved = self._extrapolated(whole, halves, floor)
            uncounted = np.flatnonzero(~self._are_products)
            moved[uncounted] = np.minimum(moved, errors)[uncounted]
            errors = error_estimate(errors, moved, self.loop.order)
        errors[: len(floor)][self._begins(dt) & np.isfinite(errors[: len(floor)])] = 0.0
        worst = int(np.argmax(errors))
        name = tumours.field_names[worst] if worst < len(floor) else "organs"
        error = float(errors[worst]) / self.control.tolerance
        error = error if np.isfinite(error) else np.inf
        return new, error, StepFailed(name, "it changes too fast")

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
        ones = np.ones(len(halves.body))
        columns = [
            extrapolated(a, b, ones, order)
            for a, b in zip(whole.body.T, halves.body.T, strict=True)
        ]
        bodies = halves.body.sum(axis=0)
        least = 1e-8 * float(np.sum(halves.ledger.infused)) + 1e-12
        in_body = np.array([share for _, share in columns]) * (bodies / (bodies + least))
        moved[np.flatnonzero(self._are_products)] += in_body[
            np.concatenate(list(tumours.layout.rows.values()))
        ]
        moved[-1] = max(in_body, default=0.0)
        better = halves.residents + (halves.residents - whole.residents) / (2.0**order - 1.0)
        new = State(
            time=halves.time,
            body=np.array([values for values, _ in columns]).T,
            tumour=tumours.layout.joined(tissues),
            ledger=halves.ledger.extrapolated(whole.ledger, order),
            residents=np.where(better < 0.0, halves.residents, better),
        )
        return new, moved

    @property
    def _are_products(self) -> Array:
        """Which fields are products."""
        problems = self.tumours.layout.problems.values()
        return np.concatenate([problem.network.is_product for problem in problems])

    def _begins(self, dt: float) -> Array:
        """Return which fields begin with a step too short for their first amounts to matter."""
        absent = self._amounts(self.state) == 0.0
        return np.asarray(absent & (dt <= _BEGINNING * self.control.minimum_step))

    def _floor(self, state: State) -> Array:
        """Return the amounts below which errors do not count; see `InTurns`."""
        self.most = np.maximum(self.most, self._amounts(state))
        floor = 1e-6 * self.most + 1e-12
        floor[self._are_products] = 1e-8 * float(np.sum(state.ledger.infused)) + 1e-12
        if self.wholes.may_fall:
            floor = np.minimum(floor, self.wholes.least_in_tumour(state))
        return floor


class TumoursRetraced(OfTumours, Retraced):
    """The same with steps twice as long, by the stations of a run before."""
