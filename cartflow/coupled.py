"""Body and tumour as one system: its state, its doses, and one step of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from cartflow.exchange import Door
from cartflow.ledger import Ledger
from cartflow.outcome import StepFailed
from cartflow.pbpk.acting_organs import ActingOrgans
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.network import OrganNetwork
from cartflow.pbpk.organ_kinetics import OrganKinetics
from cartflow.pde.engine import Account, Engine
from cartflow.totals import totals

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Time in days, cells in the body (compartments, products), tumour (species, mesh cells).

    `residents` (sites, others) are the amounts of what else stands where kinetics act in organs.
    """

    time: float
    body: Array
    tumour: Array
    ledger: Ledger
    residents: Array = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Coupled:
    """An organ network coupled to an engine's problem through a door.

    `injection` weights (1/mm^3 per mesh cell) place intratumoural doses. A step is half a step
    of the body, one of the tumour, half a step of the body; what the vessels hand over in each
    half is the exact integral of the flux, and enters the tissue at once. What leaves the tissue
    reaches the draining node all along, at rates that change linearly: in the first half from
    that of its start towards the one expected halfway, in the second the rest, towards the rate
    of its end, so that fast organs see no pulses. With `kinetics` in organs each half is a stiff
    solution of organs and kinetics together.
    """

    network: OrganNetwork
    engine: Engine
    door: Door
    doses: tuple[Dose, ...]
    injection: Array
    kinetics: OrganKinetics | None = None
    order: ClassVar[int] = 2

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
    def organs(self) -> ActingOrgans:
        """The body's organs and what acts in them."""
        return ActingOrgans(
            network=self.network, products=self.product_names, kinetics=self.kinetics
        )

    def in_tumour(self, tumour: Array) -> Array:
        """Return the product cells in the tissue, per product species."""
        return self._of_all(totals(tumour[self.products], self.volumes))

    def start(self, tumour: Array, time: float) -> State:
        """Return the state before any dose; product cells there count as infused."""
        body, residents = self.organs.start()
        ledger = Ledger.empty(len(self.product_names), len(self.engine.problem.places))
        ledger.infused += self.in_tumour(tumour) + body.sum(axis=0)
        return State(time=time, body=body, tumour=tumour, ledger=ledger, residents=residents)

    def next_event(self, time: float) -> float:
        """Return the next time after `time` at which a dose starts or ends."""
        times = [t for dose in self.doses for t in (dose.time, dose.end)]
        return min((t for t in times if t > time), default=np.inf)

    def given(self, dose: Dose, state: State) -> State:
        """Return the state with a bolus given."""
        ledger, body, tumour = state.ledger.copy(), state.body.copy(), state.tumour.copy()
        p = self._product(dose)
        ledger.infused[p] += dose.cells
        if dose.route == "intratumoural":
            tumour[self.products[p]] += dose.cells * self.injection
        else:
            body[:, p] += dose.cells * self.network.entry(dose.route)
        return replace(state, body=body, tumour=tumour, ledger=ledger)

    def step(self, old: State, dt: float, like: float = 0.0) -> State:
        """Return the state after `dt` days. Raises `StepFailed` naming the field.

        `like` is the longer step that this one will be compared with, for the engine.
        """
        # Overflow is caught in the engine, where the field that overflowed can be named.
        with np.errstate(all="ignore"):
            ledger, tumour = old.ledger.copy(), old.tumour.copy()
            supply, injected = self._infusion(old.time)
            ledger.infused += (supply.sum(axis=0) + self._of_all(injected)) * dt
            tumour[self.products] += np.outer(injected * dt, self.injection)
            leaving = self._leaving(tumour)
            coming = self._coming(old.body, supply, leaving, dt)
            halfway = self._leaving(self._drained(tumour, coming, 0.5 * dt))
            half = self._body_half(old, tumour, (supply, leaving, halfway), dt, ledger)
            tumour, account = self.engine.step(tumour, dt, like)
            self._enter(account, ledger)
            rest = account.egress[self.products] / (0.5 * dt) - 0.5 * (leaving + halfway)
            soon = tumour.copy()
            soon[self.products] += self.door.deliver(self._coming(half.body, supply, rest, dt))
            drained = _ramp(rest, self._leaving(soon))
            new = self._body_half(half, tumour, (supply, *drained), dt, ledger)
        return replace(new, time=old.time + dt, tumour=tumour, ledger=ledger)

    def _product(self, dose: Dose) -> int:
        species = self.engine.problem.network.index(dose.phenotype)
        return int(np.flatnonzero(self.products == species)[0])

    def _infusion(self, time: float) -> tuple[Array, Array]:
        """Return the supply to the body (compartments, products) and tumour (products), per day."""
        body = np.zeros((len(self.network.compartments), len(self.product_names)))
        tumour = np.zeros(len(self.products))
        for dose in self.doses:
            if dose.time <= time < dose.end:
                p = self._product(dose)
                if dose.route == "intratumoural":
                    tumour[p] += dose.rate
                else:
                    body[:, p] += dose.rate * self.network.entry(dose.route)
        return body, tumour

    def _leaving(self, tumour: Array) -> Array:
        """Return the rate at which products leave the tissue for the node, cells/day."""
        problem = self.engine.problem
        removed = problem.travels[self.products, None] * problem.egress
        return totals(removed * tumour[self.products], self.volumes)

    def _of_all(self, counted: Array) -> Array:
        """Return counts of the tumour's products as counts of all products."""
        result = np.zeros(len(self.product_names))
        result[: len(self.products)] = counted
        return result

    def _coming(self, body: Array, infusion: Array, draining: Array, dt: float) -> Array:
        """Return what vessels are expected to hand over in half of `dt`, of the tumour's products.

        Exact without kinetics in organs. It shapes what drains within a step, and counts nowhere.
        """
        supply = infusion.copy()
        supply[self.network.draining] += self._of_all(draining)
        return self.organs.handed_over(body, 0.5 * dt, supply)[: len(self.products)]

    def _drained(self, tumour: Array, coming: Array, time: float) -> Array:
        """Return the tumour after some `time` in which products come and drain, and no more."""
        problem = self.engine.problem
        past = problem.travels[self.products, None] * problem.egress * time
        kept = np.divide(-np.expm1(-past), past, out=np.ones_like(past), where=past > 0)
        after = tumour.copy()
        after[self.products] *= np.exp(-past)
        after[self.products] += self.door.deliver(coming) * kept
        return after

    def _body_half(
        self,
        old: State,
        tumour: Array,
        supplies: tuple[Array, Array, Array],
        dt: float,
        ledger: Ledger,
    ) -> State:
        """Advance the body by half of `dt`; what its vessels handed over joins `tumour`.

        `supplies` are the infusion, and what drains from the tumour at first and at the end.
        """
        infusion, first, last = supplies
        start, end = infusion.copy(), infusion.copy()
        start[self.network.draining] += self._of_all(first)
        end[self.network.draining] += self._of_all(last)
        supplied = start.any() or end.any()
        step = self.organs.step(
            old.body,
            old.residents,
            0.5 * dt,
            start if supplied else None,
            end if supplied else None,
        )
        ledger.add(step)
        tumour[self.products] += self.door.deliver(step.handed_over[: len(self.products)])
        return replace(old, body=step.cells, residents=step.residents)

    def _enter(self, account: Account, ledger: Ledger) -> None:
        """Enter the tumour's step in the ledger."""
        p = self.products
        ledger.born += self._of_all(account.born[p])
        ledger.died += self._of_all(account.died[p] + account.left[p])
        ledger.converted += self._of_all(account.converted[p])
        ledger.infused += self._of_all(account.supplied[p])
        ledger.egress += self._of_all(account.egress[p])
        ledger.came += account.came
        ledger.went += account.went


def _ramp(mean: Array, last: Array) -> tuple[Array, Array]:
    """Return first and last of a rate with the given mean that ends at `last`, never negative.

    Raises `StepFailed` where even the mean is negative: more has drained than left.
    """
    if np.any(mean < 0.0):
        raise StepFailed("egress", "it falls too fast")
    last = np.clip(last, 0.0, 2.0 * mean)
    return 2.0 * mean - last, last
