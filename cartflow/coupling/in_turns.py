"""A step in turns: half a step of the body, one of each tumour, half a step of the body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from cartflow.coupling.carried import carried_sums, carried_supply
from cartflow.coupling.door import Opening
from cartflow.coupling.dosing import Dosing
from cartflow.coupling.draining import Draining, ramp
from cartflow.coupling.exchange import SoluteExchange
from cartflow.coupling.feed import Feed
from cartflow.coupling.handing import handed_in_part
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.state import State
from cartflow.coupling.tissue import Tissue
from cartflow.pbpk.doses import SoluteDose
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pde.engine import Account

Array = np.ndarray
# Something of each tumour, in their order.
Each = list[Array]


class _Gate(NamedTuple):
    """Where a tumour's tissue takes cells in at the densities of now, and its way for them out."""

    opening: Opening
    draining: Draining


@dataclass(frozen=True, kw_only=True, eq=False)
class StepInTurns:
    """Half a step of the body, one of each tumour, half a step of the body.

    What the vessels hand over in each half is the exact integral of the flux, and enters the tissue
    at once. What leaves the tissue reaches the draining node all along, at rates that change
    linearly: in the first half from that of its start towards the one expected halfway, in the
    second the rest, towards the rate of its end, so that fast organs see no pulses. All that passes
    from one tumour to another passes through the body. With kinetics in organs each half is a stiff
    solution of organs and kinetics together. What is infused into a tumour enters all through a
    step. What circulates beside cells, where there is one tumour, comes and goes by the `exchange`:
    it enters all through a step, as a trial of the second half tells, and what that is wrong by at
    the end; of what goes back there is an estimate in the first half and the rest in the second.
    """

    organs: ActingOrgans
    tissues: tuple[Tissue, ...]
    dosing: Dosing
    feed: Feed | None
    solute_doses: tuple[SoluteDose, ...]
    exchange: SoluteExchange

    def step(self, old: State, tissues: Each, dt: float, like: float) -> tuple[State, Each]:
        """Return body and accounts after `dt` days, and the densities in each tumour.

        It was `tissues`, which are written over. `like` is the longer step that this one will be
        compared with, for the engines. Raises `StepFailed` naming the field.
        """
        # Overflow is caught in the engine, where the field that overflowed can be named.
        with np.errstate(all="ignore"):
            ledger, exchange = old.ledger.copy(), self.exchange
            given = carried_supply(self.organs, self.solute_doses, old.time)
            ledger.carried_infused += carried_sums(self.organs, given) * dt
            returning = exchange.leaving(tissues[0], 0.5 * dt)
            supply, into = self.dosing.infusion(old.time)
            ledger.infused += self.dosing.counted(supply, into) * dt
            injected = [tissue.dosing.infusion(old.time)[1] for tissue in self.tissues]
            gates = self._gates(tissues)
            leaving = [g.draining.leaving(u) for g, u in zip(gates, tissues, strict=True)]
            come = self._handed_over(old.body, supply, leaving, gates, dt)
            halfway = [
                gate.draining.leaving_after(densities, coming, given_in, 0.5 * dt)
                for gate, densities, coming, given_in in zip(
                    gates, tissues, come, injected, strict=True
                )
            ]
            carried = given + exchange.supply(returning, self.organs)
            drains = supply, leaving, halfway
            half = self._body_half(old, tissues, drains, carried, dt, ledger, gates)
            soon = self._entering(half, supply, carried, dt)
            entered = ledger.carried_entered - old.ledger.carried_entered + soon
            before = exchange.problem.totals(tissues[0]) if exchange.each else tissues[0]
            accounts = self._through(tissues, entered, dt, like, ledger)
            exchange.close(before, tissues[0], entered, accounts[0])
            exchange.enter(accounts[0], ledger)
            remaining = exchange.rest(exchange.returned(accounts[0]), returning, 0.5 * dt)
            carried = given + exchange.supply(remaining, self.organs)
            rest = [
                account.egress[tissue.products] / (0.5 * dt) - 0.5 * (first + later)
                for tissue, account, first, later in zip(
                    self.tissues, accounts, leaving, halfway, strict=True
                )
            ]
            # Before and after, so that a step errs by its third power where regions move.
            gates = self._gates(tissues)
            expected = self._handed_over(half.body, supply, rest, gates, dt)
            drains = supply, *self._ramps(gates, tissues, rest, expected, dt, ledger)
            new = self._body_half(half, tissues, drains, carried, dt, ledger, gates)
            exchange.settle(
                tissues[0], ledger.carried_entered - old.ledger.carried_entered - entered
            )
        return replace(new, time=old.time + dt, ledger=ledger), tissues

    def _through(
        self, tissues: Each, entered: Array, dt: float, like: float, ledger: Ledger
    ) -> list[Account]:
        """Step all tissues, into which `entered` of what circulates, and return what happened."""
        accounts = []
        for i, tissue in enumerate(self.tissues):
            engine = self.exchange.fed(tissue.engine, entered / dt)
            tissues[i], account = engine.step(tissues[i], dt, like)
            tissue.enter(account, ledger)
            accounts.append(account)
        return accounts

    def _gates(self, tissues: Each) -> list[_Gate]:
        found = []
        for tissue, densities in zip(self.tissues, tissues, strict=True):
            opening = tissue.door.at(densities)
            found.append(_Gate(opening, tissue.draining.at(densities, opening.arrival)))
        return found

    def _ramps(
        self,
        gates: list[_Gate],
        tissues: Each,
        rest: Each,
        expected: Each,
        dt: float,
        ledger: Ledger,
    ) -> tuple[Each, Each]:
        """Return first and last of what drains from each tumour in the second half of `dt`."""
        infused, found = float(ledger.infused.sum()), []
        for tissue, gate, *each in zip(self.tissues, gates, tissues, rest, expected, strict=True):
            densities, mean, coming = each
            last = gate.draining.leaving(densities) + gate.draining.brought(coming)
            names = [tissue.named(self.organs.products[row]) for row in tissue.rows]
            found.append(ramp(mean, last, 0.5 * dt, infused, names))
        return [first for first, _ in found], [last for _, last in found]

    def _entering(self, half: State, supply: Array, carried: Array, dt: float) -> Array:
        """Return what is expected to enter the tissue in the second half of `dt`, (species,)."""
        if not self.exchange.each:
            return np.zeros(len(self.organs.circulating))
        step = self.organs.step(
            half.body, half.residents, 0.5 * dt, supply, None, half.carried, carried
        )
        return step.entered

    def _handed_over(
        self, body: Array, infusion: Array, draining: Each, gates: list[_Gate], dt: float
    ) -> Each:
        """Return what vessels are expected to hand over in half of `dt`, of each tumour's products.

        Exact without kinetics in organs. It shapes what drains within a step, and counts nowhere.
        """
        supply = self._with_drained(infusion, draining)
        if self.feed is not None:
            supply += self.feed.entering(body, infusion, 0.25 * dt)
        handed = self._of_each(self.organs.handed_over(body, 0.5 * dt, supply))
        return [g.opening.share * cells for g, cells in zip(gates, handed, strict=True)]

    def _of_each(self, handed_over: Array) -> Each:
        """Return what each tumour's vessels hand over, of its own products."""
        by_tumour = handed_over.reshape(len(self.tissues), len(self.organs.products))
        return [cells[t.rows] for cells, t in zip(by_tumour, self.tissues, strict=True)]

    def _with_drained(self, infusion: Array, draining: Each) -> Array:
        """Return the supply to the body with what drains from each tumour to its node."""
        supply = infusion.copy()
        for tissue, rates in zip(self.tissues, draining, strict=True):
            supply[tissue.node, tissue.rows] += rates
        return supply

    def _body_half(
        self,
        old: State,
        tissues: Each,
        supplies: tuple[Array, Each, Each],
        carried: Array,
        dt: float,
        ledger: Ledger,
        gates: list[_Gate],
    ) -> State:
        """Advance the body by half of `dt`; what its vessels handed over joins the `tissues`.

        `supplies` are the infusion, and what drains from the tumours at first and at the end,
        `carried` that of what circulates.
        """
        infusion, first, last = supplies
        start, end = self._with_drained(infusion, first), self._with_drained(infusion, last)
        if self.feed is not None:
            start += self.feed.entering(old.body, infusion, 0.0)
            end += self.feed.entering(old.body, infusion, 0.5 * dt)
        supplied = start.any() or end.any()
        given = (start, end) if supplied else (None, None)
        inside, beside = (old.body, old.residents), (old.carried, carried)
        # Less than all is open where there is one tumour alone.
        share = min(gate.opening.share for gate in gates)
        step = handed_in_part(self.organs, inside, 0.5 * dt, given, beside, share)
        ledger.add(step)
        if self.feed is not None:
            ledger.infused += step.handed_over
        handed = self._of_each(step.handed_over)
        for gate, cells, densities, tissue in zip(
            gates, handed, tissues, self.tissues, strict=True
        ):
            gate.opening.deliver(cells, densities, tissue.products)
        return replace(old, body=step.cells, residents=step.residents, carried=step.carried)
