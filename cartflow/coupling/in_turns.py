"""One step of body and tumour in turns: half a step of the body, one of the tumour, half again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cartflow.coupling.carried import carried_sums, carried_supply
from cartflow.coupling.door import Door, Opening
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.draining import Draining, ramp
from cartflow.coupling.exchange import SoluteExchange
from cartflow.coupling.feed import Feed
from cartflow.coupling.handing import handed_in_part
from cartflow.coupling.ledger import Ledger, of_all
from cartflow.coupling.state import State
from cartflow.pbpk.doses import SoluteDose
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pde.engine import Account, Engine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class StepInTurns:
    """Half a step of the body, one of the tumour, half a step of the body; `products` are its rows.

    What the vessels hand over in each half is the exact integral of the flux, and enters the tissue
    at once. What leaves the tissue reaches the draining node all along, at rates that change
    linearly: in the first half from that of its start towards the one expected halfway, in the
    second the rest, towards the rate of its end, so that fast organs see no pulses. With kinetics
    in organs each half is a stiff solution of organs and kinetics together. What is infused into
    the tumour enters all through a step. What circulates beside cells comes and goes by the
    `exchange`: it enters all through a step, as a trial of the second half tells, and what that is
    wrong by at the end; of what goes back there is an estimate in the first half and the rest in
    the second.
    """

    organs: ActingOrgans
    engine: Engine
    door: Door
    dosing: Dosing
    products: Array
    feed: Feed | None
    solute_doses: tuple[SoluteDose, ...]
    exchange: SoluteExchange

    @cached_property
    def _draining(self) -> Draining:
        problem = self.engine.problem
        return Draining(
            problem=problem,
            products=self.products,
            arrival=self.door.arrival,
            injection=self.dosing.injection,
            egress=problem.egress,
        )

    def step(self, old: State, dt: float, like: float = 0.0, *, spend: bool = False) -> State:
        """Return the state after `dt` days. Raises `StepFailed` naming the field.

        `like` is the longer step that this one will be compared with, for the engine. To `spend`
        the old state is to write over its tumour, which is not needed any more.
        """
        # Overflow is caught in the engine, where the field that overflowed can be named.
        with np.errstate(all="ignore"):
            ledger, exchange = old.ledger.copy(), self.exchange
            tumour = old.tumour if spend else old.tumour.copy()
            given = carried_supply(self.organs, self.solute_doses, old.time)
            ledger.carried_infused += carried_sums(self.organs, given) * dt
            returning = exchange.leaving(tumour, 0.5 * dt)
            supply, injected = self.dosing.infusion(old.time)
            ledger.infused += self.dosing.counted(supply, injected) * dt
            opening = self.door.at(tumour)
            draining = self._draining.at(tumour, opening.arrival)
            leaving = draining.leaving(tumour)
            coming = opening.share * self._handed_over(old.body, supply, leaving, dt)
            halfway = draining.leaving_after(tumour, coming, injected, 0.5 * dt)
            carried = given + exchange.supply(returning, self.organs)
            drains = (supply, leaving, halfway)
            half = self._body_half(old, tumour, drains, carried, dt, ledger, opening)
            soon = self._entering(half, supply, carried, dt)
            entered = ledger.carried_entered - old.ledger.carried_entered + soon
            before = exchange.problem.totals(tumour) if exchange.each else tumour
            tumour, account = exchange.fed(self.engine, entered / dt).step(tumour, dt, like)
            exchange.close(before, tumour, entered, account)
            self._enter(account, ledger)
            remaining = exchange.rest(exchange.returned(account), returning, 0.5 * dt)
            carried = given + exchange.supply(remaining, self.organs)
            rest = account.egress[self.products] / (0.5 * dt) - 0.5 * (leaving + halfway)
            # Before and after, so that a step errs by its third power where regions move.
            opening = self.door.at(tumour)
            draining = self._draining.at(tumour, opening.arrival)
            expected = opening.share * self._handed_over(half.body, supply, rest, dt)
            last = draining.leaving(tumour) + draining.brought(expected)
            infused, names = float(ledger.infused.sum()), self.organs.products[: len(self.products)]
            drained = ramp(rest, last, 0.5 * dt, infused, names)
            drains = (supply, *drained)
            new = self._body_half(half, tumour, drains, carried, dt, ledger, opening)
            late = ledger.carried_entered - old.ledger.carried_entered - entered
            exchange.settle(tumour, late)
        return replace(new, time=old.time + dt, tumour=tumour, ledger=ledger)

    def _entering(self, half: State, supply: Array, carried: Array, dt: float) -> Array:
        """Return what is expected to enter the tissue in the second half of `dt`, (species,)."""
        if not self.exchange.each:
            return np.zeros(len(self.organs.circulating))
        step = self.organs.step(
            half.body, half.residents, 0.5 * dt, supply, None, half.carried, carried
        )
        return step.entered

    def _handed_over(self, body: Array, infusion: Array, draining: Array, dt: float) -> Array:
        """Return what vessels are expected to hand over in half of `dt`, of the tumour's products.

        Exact without kinetics in organs. It shapes what drains within a step, and counts nowhere.
        """
        supply = infusion.copy()
        supply[self.organs.network.draining] += self._of_all(draining)
        if self.feed is not None:
            supply += self.feed.entering(body, infusion, 0.25 * dt)
        return self.organs.handed_over(body, 0.5 * dt, supply)[: len(self.products)]

    def _body_half(
        self,
        old: State,
        tumour: Array,
        supplies: tuple[Array, Array, Array],
        carried: Array,
        dt: float,
        ledger: Ledger,
        opening: Opening,
    ) -> State:
        """Advance the body by half of `dt`; what its vessels handed over joins `tumour`.

        `supplies` are the infusion, and what drains from the tumour at first and at the end,
        `carried` that of what circulates.
        """
        infusion, first, last = supplies
        start, end = infusion.copy(), infusion.copy()
        start[self.organs.network.draining] += self._of_all(first)
        end[self.organs.network.draining] += self._of_all(last)
        if self.feed is not None:
            start += self.feed.entering(old.body, infusion, 0.0)
            end += self.feed.entering(old.body, infusion, 0.5 * dt)
        supplied = start.any() or end.any()
        given = (start, end) if supplied else (None, None)
        inside, beside = (old.body, old.residents), (old.carried, carried)
        step = handed_in_part(self.organs, inside, 0.5 * dt, given, beside, opening.share)
        ledger.add(step)
        if self.feed is not None:
            ledger.infused += step.handed_over
        opening.deliver(step.handed_over, tumour, self.products)
        return replace(old, body=step.cells, residents=step.residents, carried=step.carried)

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
        self.exchange.enter(account, ledger)

    def _of_all(self, counted: Array) -> Array:
        return of_all(counted, len(self.organs.products))
