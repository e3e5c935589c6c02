"""A body without a solid tumour: its run, with kinetics in its organs or without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.carried import carried_given, carried_sums, carried_supply
from cartflow.coupling.extinction import emptied, extinguished
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.passing import states_passed
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.state import State
from cartflow.coupling.under_way import InProgress, Keep, Watch
from cartflow.coupling.wholes import Wholes
from cartflow.pbpk.doses import Dose, SoluteDose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.acting import ActingOrgans, BodyStep
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.passing import Passed

Array = np.ndarray
_NO_TUMOUR = np.zeros((0, 0))
# Steps after which signals are looked at, and what is kept of a run is written.
_ENOUGH = 1000
# Where a species may die out, or a condition be met, amounts are looked at so often (days), and
# for a condition soon after anything that happened: after a share of the time since, at least.
_LOOK, _SOON, _SHARE = 0.25, 1e-4, 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class BodyAlone:
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
    programme: Programme[BodyAlone] | None = None
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

    def at(self, time: float) -> BodyAlone:
        """Return the body as it is from `time` (days) to the next event."""
        switched = [place.switched(time) for place in self.happenings.sites]
        if self.kinetics is None or not any(switched):
            return self
        return replace(self, kinetics=self.kinetics.switched(switched))

    def in_tumour(self, tumour: Array) -> Array:
        """Return no product cells: there is no tumour."""
        return np.zeros(len(self.product_names))

    def run(
        self, watch: Watch | None = None, keep: Keep | None = None, since: Record | None = None
    ) -> Record:
        """Run to the last save time; see `Simulation.run`."""
        return _Run(self).to_the_end(self.save_times, watch, keep, since)

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


class _Run(InProgress[BodyAlone]):
    """One run in progress."""

    def __init__(self, alone: BodyAlone) -> None:
        super().__init__(alone, alone.programme)
        self.now = alone
        self.steps = [0, 0]
        # The next step in days, or 0 where it is that of a beginning.
        self.wanted = 0.0
        self._times: tuple[float, ...] = ()
        self._one_by_one = False
        self.state = alone.start()
        self._arrive()
        self._begun()

    def memory(self) -> dict[str, Array]:
        """Return the steps taken and refused and the next one, and what the programme knows."""
        return {"steps": np.array([*self.steps, self.wanted]), "events": self.underway.memory()}

    def recall(self, record: Record) -> None:
        """Stand where the run of `record` stood."""
        self._stand(record)
        taken, refused, self.wanted = record.memory["steps"].tolist()
        self.steps = [int(taken), int(refused)]
        self.now = self.base.at(self.state.time)

    def _counts(self) -> tuple[int, int, float]:
        taken, refused, _ = self.known["steps"]
        return int(taken), int(refused), 0.0

    def through(
        self, times: Sequence[float], watch: Watch | None = None, keep: Keep | None = None
    ) -> None:
        """Go to the last of the `times` (days), and save what there is at each."""
        # What is kept as it goes may be asked for at every time.
        self._times, self._one_by_one = tuple(times), keep is not None
        while self.state.time < times[-1]:
            before = self.state.time
            self._go_towards(min(self._next_event(before), times[-1]))
            if self.state.time == self._next_event(before):
                self.wanted = 0.0
            self._arrive()
            if self.state.time == times[len(self.states)]:
                self.states.append(self.shelve(self.state))
            self.reached, self.known = self.state, self.memory()
            if watch is not None:
                watch(self.state.time, self.state.time - before)
            if keep is not None:
                keep(self.so_far)

    def _next_event(self, time: float) -> float:
        return min(self.base.next_event(time), self.underway.next_event(time))

    def _go_towards(self, event: float) -> None:
        """Go to `event` past times to save, or only as far as the next of them, or the next look.

        Amounts are looked at where something may die out, or a condition be met.
        """
        saved = [time for time in self._times[len(self.states) :] if time < event]
        if self.wholes.may_fall or self.underway.waits:
            self._look_towards(min([*saved, event]))
        elif self.now.kinetics is None:
            self._step_to(min([*saved, event]))
        else:
            self._pass([*saved, event])

    def _pass(self, times: Sequence[float]) -> None:
        """Go past `times`, all of which but the last are saved."""
        most = times[:1] if self._one_by_one else times
        states, found = self.now.passing(self.state, most, self.wanted, _ENOUGH)
        if states:
            self.state, self.wanted = states[-1], float(found.wanted[-1])
            taken, refused = found.steps.sum(axis=0).tolist()
            self.steps = [self.steps[0] + taken, self.steps[1] + refused]
        self.states += map(self.shelve, states if found.failure else states[:-1])
        if found.failure is not None:
            self.reached, self.known = self.state, self.memory()
            raise StepFailed(found.failure.field, found.failure.reason, self.state.time)

    def _step_to(self, time: float) -> BodyStep:
        self.state, step = self.now.stepped(self.state, time)
        # A step without kinetics is exact.
        self.steps = [self.steps[0] + max(step.taken, 1), self.steps[1] + step.refused]
        return step

    def _look_towards(self, time: float) -> None:
        """Go to `time`, or only as far as the next look."""
        old = self.state
        self._step_to(min(time, old.time + self._next_look()))
        self.wanted = 0.0
        if self.wholes.may_fall:
            self.state, extinct = extinguished(
                self.wholes, old, self.state, lambda dt: self._ahead(old, dt)
            )
            self.extinct += extinct
        self.state = self.underway.landed(self.base, old, self.state, self._ahead)

    def _next_look(self) -> float:
        """Return after how many days amounts are looked at again."""
        if not self.underway.waits:
            return _LOOK
        passed = self.state.time - max(self.base.last_event(self.state.time), self.underway.last)
        return min(max(_SHARE * passed, _SOON), _LOOK)

    def _ahead(self, state: State, dt: float) -> State:
        """Return what a step of `dt` days makes of a `state`."""
        return self.now.stepped(state, state.time + dt)[0]

    def _arrive(self) -> None:
        self._take_over()
        time = self.state.time
        if time in self.base.happenings.times():
            before = self.wholes.above(self.state)
            jumped = self.wholes.multiplied(self.state, self.wholes.factors(time))
            self.state, extinct = emptied(self.wholes, before, jumped)
            self.extinct += extinct
            self.now = self.base.at(time)
        self.state = self.base.given(self.state)
        self.underway.look(self.base, self.state, self._ahead)
        while self._take_over():
            self.underway.look(self.base, self.state, self._ahead)

    def _take_over(self) -> bool:
        """Go on with the body and state that the study's events make; say whether any did."""
        due = self.underway.due(self.state)
        if due is None:
            return False
        if due.system is not None:
            self.base, self.wholes = due.system, due.system.wholes
            self.now = self.base.at(self.state.time)
        if due.jumps:
            before = self.wholes.above(self.state)
            jumped = due.jumped(self.state, self.base)
            self.state, extinct = emptied(self.wholes, before, jumped)
            self.extinct += extinct
        return True
