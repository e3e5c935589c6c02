"""A body without a solid tumour: its state, its doses, and steps of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.carried import carried_given, carried_sums, carried_supply
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.passing import states_passed
from cartflow.coupling.state import State
from cartflow.coupling.wholes import Wholes
from cartflow.pbpk.doses import Dose, SoluteDose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.body_step import BodyStep
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.passing import Passed

Array = np.ndarray
_NO_TUMOUR = np.zeros((0, 0))


@dataclass(frozen=True, kw_only=True, eq=False)
class BodySystem:
    """Organs, perhaps with kinetics at some sites, doses, and the times to save.

    Nothing is split: each stretch between events and saved times is one stiff solution of organs
    and kinetics, to `tolerance`, relative to each amount in one step. Without kinetics the
    `travellers` are carried about, exactly. `placed` are product cells (compartments,
    products) that stand there at the start, in place of those of the kinetics.
    """

    network: OrganNetwork
    kinetics: OrganKinetics | None
    doses: tuple[Dose, ...]
    save_times: tuple[float, ...]
    tolerance: float
    happenings: Happenings = field(default_factory=Happenings)
    travellers: tuple[str, ...] = ()
    placed: Array | None = None
    solute_doses: tuple[SoluteDose, ...] = ()

    @property
    def product_names(self) -> tuple[str, ...]:
        """All product species."""
        return self.travellers if self.kinetics is None else self.kinetics.products

    @cached_property
    def organs(self) -> ActingOrgans:
        """The body's organs and what acts in them."""
        return ActingOrgans(
            network=self.network,
            products=self.product_names,
            kinetics=self.kinetics,
            tolerance=self.tolerance,
            least=self.happenings.least(self.kinetics),
        )

    @cached_property
    def wholes(self) -> Wholes:
        """Every species as a whole at each site."""
        return Wholes(organs=self.organs, happenings=self.happenings)

    def at(self, time: float) -> Self:
        """Return the body as it is from `time` (days) to the next event."""
        switched = [place.switched(time) for place in self.happenings.sites]
        if self.kinetics is None or not any(switched):
            return self
        return replace(self, kinetics=self.kinetics.switched(switched))

    def in_tumour(self, tumour: Array) -> Array:
        """Return no product cells: there is no tumour."""
        return np.zeros(len(self.product_names))

    def start(self) -> State:
        """Return the state before any dose; product cells there count as infused."""
        cells, residents = self.organs.start()
        cells = cells if self.placed is None else self.placed.copy()
        circulating, carried = self.organs.circulating, self.organs.carried_start
        ledger = Ledger.empty(
            len(self.product_names), others=residents.size, carried=len(circulating)
        )
        ledger.infused += cells.sum(axis=0)
        ledger.carried_infused += carried_sums(self.organs, carried)
        return State(
            time=self.save_times[0],
            body=cells,
            tumour=_NO_TUMOUR,
            ledger=ledger,
            residents=residents,
            carried=carried,
        )

    @cached_property
    def _times(self) -> tuple[float, ...]:
        """The times at which a dose starts or ends, or models change."""
        given = (*self.doses, *self.solute_doses)
        times = (t for dose in given for t in (dose.time, dose.end))
        return (*times, *self.happenings.times())

    def next_event(self, time: float) -> float:
        """Return the next time after `time` at which a dose starts or ends, or models change."""
        return min((t for t in self._times if t > time), default=np.inf)

    def last_event(self, time: float) -> float:
        """Return the last such time up to `time`, or that of the start."""
        return max((t for t in self._times if t <= time), default=self.save_times[0])

    def given(self, state: State) -> State:
        """Return the state with the boluses of its time."""
        ledger, body = state.ledger.copy(), state.body.copy()
        for dose in self.doses:
            if dose.bolus and dose.time == state.time:
                p = self.product_names.index(dose.phenotype)
                ledger.infused[p] += dose.cells
                body[:, p] += dose.cells * self.network.entry(dose.route)
        carried = carried_given(self.organs, self.solute_doses, state, ledger)
        return replace(state, body=body, ledger=ledger, carried=carried)

    def stepped(self, old: State, time: float) -> tuple[State, BodyStep]:
        """Return the state at `time` (days), and what happened. Raises `StepFailed`."""
        supply, given = self._infused(old)
        try:
            step = self.organs.step(
                old.body,
                old.residents,
                time - old.time,
                supply,
                carried=old.carried,
                carried_supply=given,
            )
        except StepFailed as failure:
            raise StepFailed(failure.field, failure.reason, old.time) from None
        ledger = old.ledger.copy()
        ledger.infused += supply.sum(axis=0) * (time - old.time)
        ledger.carried_infused += carried_sums(self.organs, given) * (time - old.time)
        ledger.add(step)
        new = replace(
            old,
            time=time,
            body=step.cells,
            ledger=ledger,
            residents=step.residents,
            carried=step.carried,
        )
        return new, step

    def passing(
        self, old: State, times: Sequence[float], wanted: float, enough: int
    ) -> tuple[list[State], Passed]:
        """Return the states at `times` (days), before any of which nothing happens; see `Passed`.

        The first step is the one `wanted` (days), 0 for that of a beginning; after `enough` steps
        no further time is passed.
        """
        supply, given = self._infused(old)
        lengths = np.diff(times, prepend=old.time)
        step, found = self.organs.through(
            old.body, old.residents, old.carried, lengths, supply, given, wanted, enough
        )
        infused = {
            "infused": np.outer(lengths, supply.sum(axis=0)),
            "carried_infused": np.outer(lengths, carried_sums(self.organs, given)),
        }
        return states_passed(old, times, step, infused), found

    def _infused(self, state: State) -> tuple[Array, Array]:
        """Return cells (compartments, products), and what is carried, infused a day from now."""
        supply = np.zeros_like(state.body)
        for dose in self.doses:
            if dose.time <= state.time < dose.end:
                entry = dose.rate * self.network.entry(dose.route)
                supply[:, self.product_names.index(dose.phenotype)] += entry
        return supply, carried_supply(self.organs, self.solute_doses, state.time)
