"""The whole of every species in the tumour and at the sites of kinetics in organs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cartflow.core.totals import totals
from cartflow.coupling.happenings import Happenings
from cartflow.coupling.state import State
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pde.problem import Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Wholes:
    """One number a species and place: those of the tumour first, then site after site.

    A mesh cell is no place: what happens to a species happens to all of it in the tumour, so that
    the mesh does not matter.
    """

    organs: ActingOrgans
    happenings: Happenings
    problem: Problem | None = None

    @cached_property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Species and place of each number; the place is ``tumour`` or a compartment."""
        inside = [(name, "tumour") for name in self._in_tumour]
        kinetics = self.organs.kinetics
        if kinetics is None:
            return tuple(inside)
        names = kinetics.network.species_names
        pairs = zip(kinetics.sites, self.happenings.sites, strict=False)
        return (*inside, *((name, s.compartment) for s, _ in pairs for name in names))

    @cached_property
    def may_fall(self) -> bool:
        """Whether any species may die out anywhere."""
        places = (self.happenings.tumour, *self.happenings.sites)
        return any(place.limits.any for place in places)

    def above(self, state: State) -> Array:
        """Return how many times the smallest amount that is not extinct each whole is, or inf."""
        parts = [np.zeros((2, 0))]
        if self.problem is not None:
            parts.append(np.array(self._tumour(self.problem, state)))
        amounts = self.organs.amounts(state.body, state.residents, state.carried)
        for site, (found, place) in enumerate(zip(amounts, self.happenings.sites, strict=False)):
            parts.append(np.array([found, place.limits.least(self._volumes[site])]))
        whole, least = np.concatenate(parts, axis=1)
        return np.divide(whole, least, out=np.full(whole.size, np.inf), where=least > 0.0)

    def least_in_tumour(self, state: State) -> Array:
        """Return the smallest amount of each species that is not extinct in the tumour, or inf."""
        assert self.problem is not None
        least = self._tumour(self.problem, state)[1]
        return np.where(least > 0.0, least, np.inf)

    def factors(self, time: float) -> Array:
        """Return what each whole is multiplied with at just this time."""
        happenings = self.happenings
        found = [happenings.tumour.factors(time, self._in_tumour)]
        if self.organs.kinetics is not None:
            names = self.organs.kinetics.network.species_names
            found += [place.factors(time, names) for place in happenings.sites]
        return np.concatenate(found)

    def multiplied(self, state: State, factors: Array) -> State:
        """Return `state` with each whole multiplied; product cells count as born or died."""
        ledger, count = state.ledger.copy(), len(self._in_tumour)
        tumour = self._tumour_times(factors[:count], state.tumour)
        changed = self._products(tumour - state.tumour)
        body, residents = self.organs.multiplied(state.body, state.residents, factors[count:])
        for change in (changed, *(body - state.body)):
            ledger.born += np.maximum(change, 0.0)
            ledger.died += np.maximum(-change, 0.0)
        return replace(state, tumour=tumour, body=body, residents=residents, ledger=ledger)

    def _tumour_times(self, factors: Array, tumour: Array) -> Array:
        """Return the tumour with each species multiplied; solutes stay where pores change."""
        if self.problem is None:
            return tumour
        new = tumour * factors[:, None]
        if self.problem.tissue.matrix is not None:
            new *= self.problem.storage(tumour) / self.problem.storage(new)
        return new

    def _products(self, tumour: Array) -> Array:
        """Return the product cells of a tumour (species, mesh cells), by product."""
        found = np.zeros(len(self.organs.products))
        if self.problem is not None:
            rows = np.flatnonzero(self.problem.network.is_product)
            counted = totals(tumour[rows], self.problem.geometry.cell_volumes)
            for row, cells in zip(rows, counted, strict=True):
                found[self.organs.products.index(self._in_tumour[row])] = cells
        return found

    def _tumour(self, problem: Problem, state: State) -> tuple[Array, Array]:
        """Return the amounts in the tumour, and the smallest that are not extinct."""
        storage, volumes = problem.storage(state.tumour), problem.geometry.cell_volumes
        capacity = totals(storage, volumes) * state.expansion
        limits = self.happenings.tumour.limits
        least = limits.least(capacity) if limits.any else np.zeros_like(capacity)
        return totals(storage * state.tumour, volumes), least

    @cached_property
    def _in_tumour(self) -> tuple[str, ...]:
        return () if self.problem is None else self.problem.network.species_names

    @cached_property
    def _volumes(self) -> Array:
        assert self.organs.kinetics is not None
        return self.organs.kinetics.volumes
