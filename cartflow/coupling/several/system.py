"""A body and several tumours as one system: its state, its doses, and one step of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.several.engines import Engines, in_tumour
from cartflow.coupling.several.layout import Layout
from cartflow.coupling.several.passing import Parts, Passing
from cartflow.coupling.several.wholes import WholesOfAll
from cartflow.coupling.state import State
from cartflow.pbpk.doses import Dose, SoluteDose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.routes import ARTERY
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pde.engine import Account

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Tumours:
    """An organ network with the vessels of several tumours, and the tissue of each.

    `parts` are the tumours by name: each with its engine, door, injections and what its models do
    beside reactions, on the network of all. A step is as that of `Coupled`, half a step of the
    body, one of each tumour, half a step of the body: all that passes between tumours passes
    through the body. The tumour's state is one row, those of the parts one after the other.
    """

    network: OrganNetwork
    parts: Mapping[str, Coupled]
    doses: tuple[Dose, ...]
    kinetics: OrganKinetics | None = None
    happenings: Happenings = field(default_factory=Happenings)
    placed: Array | None = None
    order: ClassVar[int] = 2
    # Nothing circulates beside cells where there are several tumours, so that no dose of it is due.
    solute_doses: ClassVar[tuple[SoluteDose, ...]] = ()
    _others: dict[Hashable, Tumours] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def product_names(self) -> tuple[str, ...]:
        """All product species: those of the tumours first, then those that stay in organs."""
        inside = [name for part in self.parts.values() for name in part.product_names]
        in_organs = () if self.kinetics is None else self.kinetics.products
        return tuple(dict.fromkeys([*inside, *in_organs]))

    @cached_property
    def field_names(self) -> list[str]:
        """Every field with its tumour, in the order of their amounts."""
        problems = self.layout.problems
        return [in_tumour(f.name, name) for name, p in problems.items() for f in p.fields]

    @cached_property
    def layout(self) -> Layout:
        """How states and accounts of the tumours stand one after the other."""
        problems = {name: part.engine.problem for name, part in self.parts.items()}
        return Layout(problems=problems, products=self.product_names)

    @cached_property
    def engine(self) -> Engines:
        """The engines of all tumours, as far as a run goes by them."""
        engines = {name: part.engine for name, part in self.parts.items()}
        return Engines(engines=engines, layout=self.layout)

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
    def wholes(self) -> WholesOfAll:
        """Every species as a whole, in each tumour and in organs."""
        return WholesOfAll(
            organs=self.organs,
            happenings=self.happenings,
            layout=self.layout,
            inside=tuple(part.wholes for part in self.parts.values()),
        )

    def in_tumour(self, tumour: Array) -> Array:
        """Return the product cells in the tissue of all tumours, per product."""
        found = np.zeros(len(self.product_names))
        parts = zip(self.parts.values(), self._passing.rows, self.layout.parts(tumour), strict=True)
        for part, rows, tissue in parts:
            found[rows] += totals(tissue[part.products], part.volumes)
        return found

    def start(self, tumour: Array, time: float) -> State:
        """Return the state before any dose; product cells there count as infused."""
        body, residents = self.organs.start()
        body = body if self.placed is None else self.placed.copy()
        ledger = self.layout.empty_ledger(residents.size)
        ledger.infused += self.in_tumour(tumour) + body.sum(axis=0)
        return State(time=time, body=body, tumour=tumour, ledger=ledger, residents=residents)

    def next_event(self, time: float) -> float:
        """Return the next time after `time` at which a dose starts or ends, or models change."""
        times = [t for dose in self.doses for t in (dose.time, dose.end)]
        times += self.happenings.times()
        inside = min(part.next_event(time) for part in self.parts.values())
        return min((t for t in times if t > time), default=inside)

    def at(self, time: float) -> Tumours:
        """Return the system as it is from `time` (days) to the next event."""
        parts = {name: part.at(time) for name, part in self.parts.items()}
        switched = [place.switched(time) for place in self.happenings.sites]
        if not any(switched) and all(parts[name] is part for name, part in self.parts.items()):
            return self
        values = [tuple((name, p.value) for name, p in new.items()) for new in switched]
        key = (*map(id, parts.values()), *values)
        if key not in self._others:
            kinetics = None if self.kinetics is None else self.kinetics.switched(switched)
            self._others[key] = replace(self, parts=parts, kinetics=kinetics)
        return self._others[key]

    def given(self, dose: Dose, state: State) -> State:
        """Return the state with a bolus given."""
        ledger, body, tumour = state.ledger.copy(), state.body.copy(), state.tumour.copy()
        p = self.product_names.index(dose.phenotype)
        ledger.infused[p] += dose.cells
        if dose.route == "intratumoural":
            part = self.parts[dose.tumour]
            tissue = self.layout.parts(tumour)[self.layout.names.index(dose.tumour)]
            row = part.engine.problem.network.index(dose.phenotype)
            tissue[row] += dose.cells * part.injection
        else:
            body[:, p] += dose.cells * self._entry(dose)
        return replace(state, body=body, tumour=tumour, ledger=ledger)

    def arrived(self, state: State) -> State:
        """Return the state as it is: no course gives the blood of it."""
        return state

    def step(self, old: State, dt: float, like: float = 0.0, *, spend: bool = False) -> State:
        """Return the state after `dt` days. Raises `StepFailed` naming the field.

        `like` is the longer step that this one will be compared with, for the engines. To `spend`
        the old state is to write over its tumours, which are not needed any more.
        """
        with np.errstate(all="ignore"):
            ledger, supply = old.ledger.copy(), self._infusion(old.time)
            tissues = [part if spend else part.copy() for part in self.layout.parts(old.tumour)]
            injected = [part.dosing.infusion(old.time)[1] for part in self.parts.values()]
            ledger.infused += supply.sum(axis=0) * dt
            for rows, each in zip(self._passing.rows, injected, strict=True):
                ledger.infused[rows] += each * dt
            leaving = self._passing.leaving(tissues)
            coming = self._coming(old.body, supply, leaving, dt)
            halfway = self._passing.leaving_after(tissues, coming, injected, 0.5 * dt)
            half = self._body_half(old, tissues, supply, (leaving, halfway), dt, ledger)
            rest = []
            for place, part in enumerate(self.parts.values()):
                tissues[place], account = part.engine.step(tissues[place], dt, like)
                self._enter(place, account, ledger)
                left = account.egress[part.products] / (0.5 * dt)
                rest.append(left - 0.5 * (leaving[place] + halfway[place]))
            brought = self._passing.brought(self._coming(half.body, supply, rest, dt))
            last = [a + b for a, b in zip(self._passing.leaving(tissues), brought, strict=True)]
            ramps = self._passing.ramps(rest, last, dt, float(ledger.infused.sum()))
            new = self._body_half(half, tissues, supply, ramps, dt, ledger)
        tumour = self.layout.joined(tissues)
        return replace(new, time=old.time + dt, tumour=tumour, ledger=ledger)

    @cached_property
    def _passing(self) -> Passing:
        return Passing(network=self.network, parts=self.parts, layout=self.layout)

    def _entry(self, dose: Dose) -> Array:
        route = f"{ARTERY}_{dose.tumour}" if dose.route == ARTERY else dose.route
        return self.network.entry(route)

    def _infusion(self, time: float) -> Array:
        """Return the supply to the body (compartments, products), per day."""
        body = np.zeros((len(self.network.compartments), len(self.product_names)))
        for dose in self.doses:
            if dose.time <= time < dose.end and dose.route != "intratumoural":
                body[:, self.product_names.index(dose.phenotype)] += dose.rate * self._entry(dose)
        return body

    def _coming(self, body: Array, infusion: Array, draining: Parts, dt: float) -> Parts:
        """Return what each tumour's vessels are expected to hand over in half of `dt`."""
        supply = self._passing.with_drained(infusion, draining)
        return self._passing.of_each(self.organs.handed_over(body, 0.5 * dt, supply))

    def _body_half(
        self,
        old: State,
        tissues: Parts,
        infusion: Array,
        drained: tuple[Parts, Parts],
        dt: float,
        ledger: Ledger,
    ) -> State:
        """Advance the body by half of `dt`; what its vessels handed over joins the tissues."""
        start, end = (self._passing.with_drained(infusion, each) for each in drained)
        supplied = start.any() or end.any()
        step = self.organs.step(
            old.body,
            old.residents,
            0.5 * dt,
            start if supplied else None,
            end if supplied else None,
        )
        ledger.add(step)
        self._passing.deliver(self._passing.of_each(step.handed_over), tissues)
        return replace(old, body=step.cells, residents=step.residents)

    def _enter(self, place: int, account: Account, ledger: Ledger) -> None:
        """Enter one tumour's step in the ledger."""
        name = self.layout.names[place]
        p, rows = self.parts[name].products, self._passing.rows[place]
        ledger.born[rows] += account.born[p]
        ledger.died[rows] += account.died[p] + account.left[p]
        ledger.converted[rows] += account.converted[p]
        ledger.infused[rows] += account.supplied[p]
        ledger.egress[place * len(self.product_names) + rows] += account.egress[p]
        passed = self.layout.passed(name)
        ledger.came[passed] += account.came
        ledger.went[passed] += account.went
