"""What passes between the tumour's vessels and its tissue of what circulates beside cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.totals import totals
from cartflow.coupling.ledger import Ledger
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pde.engine import Account, Engine
from cartflow.pde.problem import Problem

Array = np.ndarray
_ROUNDING = 1e-6  # of a field's amount, beyond which its balance is no rounding
_LITTLE = 1e-9  # of what leaves in half a step, by which an estimate may be above it


@dataclass(frozen=True, kw_only=True, eq=False)
class Exchanged:
    """One circulating species in the tumour, the `column`-th that circulates.

    What enters is spread by `arrival` (1/mm3 per mesh cell); what goes back leaves each mesh cell
    at `outflow` (1/day of the amount there), through `places` of the problem.
    """

    circulation: Circulation
    column: int
    arrival: Array
    outflow: Array
    places: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class SoluteExchange:
    """All that circulates and is exchanged with the tissue of a `problem`."""

    problem: Problem
    each: tuple[Exchanged, ...] = ()

    @cached_property
    def rows(self) -> Array:
        """The places of what is exchanged among the problem's species."""
        names = [one.circulation.species for one in self.each]
        return np.array([self.problem.network.index(name) for name in names], dtype=int)

    def fed(self, engine: Engine, entering: Array) -> Engine:
        """Return an engine into whose tissue `entering` (of all that circulates) comes a day."""
        if not self.each:
            return engine
        problem = engine.problem
        shape = len(problem.fields), problem.geometry.size
        infusion = np.zeros(shape) if problem.infusion is None else problem.infusion.copy()
        for row, one in zip(self.rows, self.each, strict=True):
            infusion[row] += entering[one.column] * one.arrival
        return engine.for_problem(replace(problem, infusion=infusion))

    def leaving(self, tumour: Array, time: float) -> Array:
        """Return what is there and leaves a day within `time` (days), if nothing else happens."""
        if not self.each:
            return np.zeros(0)
        amounts, volumes = self.problem.storage(tumour) * tumour, self.problem.geometry.cell_volumes
        return np.array(
            [
                float(amounts[row] * -np.expm1(-one.outflow * time) @ volumes) / time
                for row, one in zip(self.rows, self.each, strict=True)
            ]
        )

    def returned(self, account: Account) -> Array:
        """Return how much of each left the tissue in a step."""
        return np.array([account.went[list(one.places)].sum() for one in self.each])

    def rest(self, returned: Array, leaving: Array, time: float) -> Array:
        """Return what a day leaves in the second half, `time` (days), of a step.

        Raises `StepFailed` where more was taken for gone in the first half than left in all.
        """
        rest = returned / time - leaving
        for one, left, gone in zip(self.each, rest, returned / time, strict=True):
            if left < -_LITTLE * gone - 1e-300:
                raise StepFailed(one.circulation.species, "its exchange falls too fast")
        return rest

    def supply(self, rates: Array, organs: ActingOrgans) -> Array:
        """Return `rates` (exchanged,) per day as a supply (places,) of what circulates."""
        supply = np.zeros(organs.carried_start.size)
        parts = organs.carried_of(supply)
        for rate, one in zip(rates, self.each, strict=True):
            way, circulation = one.circulation.tumour, one.circulation
            assert way is not None
            back = way.to_vessels / way.clearance
            parts[one.column][circulation.index(way.vessels)] += rate * back
            parts[one.column][circulation.index(way.node)] += rate * (1.0 - back)
        return supply

    def close(self, before: Array, new: Array, entered: Array, account: Account) -> None:
        """Scale what is exchanged to what its account says, in place; it was `before` (species,).

        `entered` came from the vessels. Raises `StepFailed` where that is more than rounding.
        """
        if not self.each:
            return
        after = self.problem.totals(new)
        for row, one in zip(self.rows, self.each, strict=True):
            size = before[row] + account.made[row] + account.supplied[row] + entered[one.column]
            wanted = size - account.used[row] - account.left[row]
            if not abs(wanted - after[row]) <= _ROUNDING * size + 1e-300:
                name = self.problem.fields[row].name
                raise StepFailed(name, "the step does not close its balance")
            if wanted > 0.0 and after[row] > 0.0:
                new[row] *= wanted / after[row]

    def settle(self, tumour: Array, late: Array) -> None:
        """Add to a tumour what entered (of all that circulates) beyond what came in, in place.

        It is little, of either sign. Raises `StepFailed` where there is less in the tissue than
        came in too much.
        """
        if not self.each:
            return
        storage = self.problem.storage(tumour)
        for row, one in zip(self.rows, self.each, strict=True):
            tumour[row] += late[one.column] * one.arrival / storage[row]
            if tumour[row].min() < 0.0:
                raise StepFailed(one.circulation.species, "what enters the tumour falls too fast")

    def in_tumour(self, tumour: Array, count: int) -> Array:
        """Return how much of all that circulates, `count` species, is in the tissue."""
        if not self.each:
            return np.zeros(count)
        amounts = totals(self.problem.storage(tumour) * tumour, self.problem.geometry.cell_volumes)
        return self.of_all(amounts, count)

    def of_all(self, amounts: Array, count: int) -> Array:
        """Return `amounts` (fields) as those of all that circulates, `count` species."""
        found = np.zeros(count)
        for row, one in zip(self.rows, self.each, strict=True):
            found[one.column] = amounts[row]
        return found

    def enter(self, account: Account, ledger: Ledger) -> None:
        """Enter a step of the tissue in the ledger; what went elsewhere counts as eliminated."""
        for row, one in zip(self.rows, self.each, strict=True):
            column, returned = one.column, account.went[list(one.places)].sum()
            ledger.carried_made[column] += account.made[row]
            ledger.carried_used[column] += account.used[row]
            ledger.carried_infused[column] += account.supplied[row]
            ledger.carried_eliminated[column] += account.left[row] - returned
            ledger.carried_returned[column] += returned
