"""What an event does to a state at once: shares of species that go, amounts that are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.runs import System
from cartflow.coupling.state import State

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Addition:
    """An amount of a `species` (cells, ng), or as a `mean` what its density rises by."""

    species: str
    value: float
    mean: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Jump:
    """Shares of species that are `kept`, and an `addition`, in a place.

    The place is the tumour's `region`, or `compartments` of the body, in each of which the same is
    done. What goes is counted: product cells as ``removed``, every species of the tumour and what
    else stands at sites in organs as ``taken`` and ``added``.
    """

    kept: Mapping[str, float] = field(default_factory=dict)
    addition: Addition | None = None
    region: str | None = None
    compartments: tuple[str, ...] = ()

    def __call__(self, state: State, system: System) -> State:
        """Return the state after it, in what runs from then on."""
        state = replace(state, ledger=state.ledger.copy())
        if self.region is not None:
            assert isinstance(system, Coupled)
            return self._in_tumour(state, system, self.region)
        for compartment in self.compartments:
            state = self._in_compartment(state, system, compartment)
        return state

    def _in_tumour(self, state: State, coupled: Coupled, region: str) -> State:
        problem, old = coupled.engine.problem, state.tumour
        inside, names = problem.geometry.region(region), problem.network.species_names
        kept = np.array([[self.kept.get(name, 1.0)] for name in names])
        left = np.where(inside, kept, 1.0) * old
        # Pores that open with the matrix hold what is dissolved in the same tissue.
        before, after = problem.storage(old), problem.storage(left)
        new = left * (before / after)
        volumes, ledger = coupled.volumes, state.ledger
        gone = totals(before * old - after * new, volumes)
        ledger.taken[: len(names)] += gone
        ledger.removed += coupled.of_all(gone[coupled.products])
        if self.addition is not None:
            row = names.index(self.addition.species)
            where = np.where(inside, volumes, 0.0)
            whole = 1.0 / state.expansion if self.addition.mean else after[row] * where.sum()
            rise = self.addition.value / whole
            added = np.where(inside, rise, 0.0)
            new[row] += added
            ledger.added[row] += float(np.sum(after[row] * added * volumes))
        return replace(state, tumour=new)

    def _in_compartment(self, state: State, system: System, compartment: str) -> State:
        ledger, body = state.ledger, state.body.copy()
        place = system.network.index(compartment)
        for p, name in enumerate(system.product_names):
            gone = (1.0 - self.kept.get(name, 1.0)) * body[place, p]
            body[place, p] -= gone
            ledger.removed[p] += gone
        state = replace(state, body=body)
        sites = [] if system.kinetics is None else [s.compartment for s in system.kinetics.sites]
        return (
            self._at_site(state, system, sites.index(compartment))
            if compartment in sites
            else state
        )

    def _at_site(self, state: State, system: System, site: int) -> State:
        others, residents = system.organs.others, state.residents.copy()
        kept = np.array([self.kept.get(name, 1.0) for name in others])
        gone = (1.0 - kept) * residents[site]
        residents[site] -= gone
        _row(state.ledger, "taken", residents, site)[:] += gone
        if self.addition is not None:
            assert system.kinetics is not None
            volume = float(system.kinetics.volumes[site]) if self.addition.mean else 1.0
            other = others.index(self.addition.species)
            residents[site, other] += self.addition.value * volume
            _row(state.ledger, "added", residents, site)[other] += self.addition.value * volume
        return replace(state, residents=residents)


def _row(ledger: Ledger, name: str, residents: Array, site: int) -> Array:
    """Return the part of an account that is about one site, to be changed in place."""
    account: Array = getattr(ledger, name)
    return account[account.size - residents.size :].reshape(residents.shape)[site]
