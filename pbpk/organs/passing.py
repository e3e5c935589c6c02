"""Organ kinetics past many times at once: what the compiled run needs, and what it hands out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import StepFailed
from cartflow.pbpk.organs.arrays import Group
from cartflow.pbpk.organs.floors import Counting
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.passage import UNBALANCED, Handed, passed
from cartflow.pbpk.organs.result import one_animal
from cartflow.pbpk.organs.run import FLOOR, REASONS, group_of, sizes_of
from cartflow.pbpk.organs.system import OrganSystem, organ_system
from cartflow.pbpk.organs.turned import Turned, tallies, turned

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Passed:
    """States (times, size) at the times that were passed, and what happened since the one before.

    `steps` (times, 2) are those taken and refused, `wanted` (times,) the next step in days.
    `failure` is why no further time was passed, if that is so.
    """

    states: Array
    turned: Turned
    steps: NDArray[np.int64]
    wanted: Array
    failure: StepFailed | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganPassage:
    """Takes the state (size,) of organ kinetics past times, to a tolerance.

    Amounts are followed relative to themselves down to `least` (size,).
    """

    kinetics: OrganKinetics
    tolerance: float
    least: Array

    def through(
        self, state: Array, lengths: Array, supply: Array, wanted: float, enough: int
    ) -> Passed:
        """Return what there is at times `lengths` (days) apart, with `supply` (size,) a day.

        The first step is the one `wanted` (days), 0 for that of a beginning; after `enough` steps
        no further time is passed. What is lost, handed over and eliminated stands in the state
        where it is gathered, of each stretch anew.
        """
        times, y = lengths.size, state[:, None].copy()
        handed = Handed(
            states=np.empty((times, state.size)),
            counts=np.empty((times, len(self._counting.tallies))),
            steps=np.empty((times, 2), dtype=np.int64),
            wanted=np.empty(times),
        )
        code = self._system.code
        number, status = passed(
            code.rates_block,
            code.jacobian_block,
            self._system.compiled,
            self._system.matrix,
            self._group,
            sizes_of(self.kinetics, self._system),
            self._counting,
            self.tolerance,
            wanted,
            enough,
            lengths,
            supply.copy(),
            y,
            handed,
        )
        first = handed.first(number)
        return Passed(
            states=first.states,
            turned=turned(self.kinetics, first.counts),
            steps=first.steps,
            wanted=first.wanted,
            failure=self._failure(status),
        )

    def _failure(self, status: int) -> StepFailed | None:
        if status == UNBALANCED:
            species = ", ".join(each.species for each in self.kinetics.circulating)
            return StepFailed(species, "its balance is lost")
        return StepFailed("body", REASONS[status]) if status else None

    @cached_property
    def _system(self) -> OrganSystem:
        return organ_system(self.kinetics, self.kinetics.organs.rates != 0)

    @cached_property
    def _group(self) -> Group:
        return group_of(self.kinetics, self._system, one_animal(self.kinetics))

    @cached_property
    def _counting(self) -> Counting:
        kinetics, network = self.kinetics, self.kinetics.network
        carried = [network.index(each.species) for each in kinetics.circulating]
        stays = [s for s, name in enumerate(network.species_names) if name in kinetics.residents]
        sites = range(len(kinetics.sites))
        staying = [(s, site, int(kinetics.places[site, s])) for site in sites for s in stays]
        travels = [name in kinetics.phenotypes for name in network.species_names]
        return Counting(
            tallies=np.ascontiguousarray(tallies(kinetics), dtype=np.float64),
            made=3 * len(kinetics.products),
            circulating=np.array(carried, dtype=np.int64),
            staying=np.array(staying, dtype=np.int64).reshape(-1, 3),
            usual=np.array([kinetics.start[row] for *_, row in staying], dtype=np.float64),
            travelling=np.array(travels, dtype=np.int64),
            turnover=np.ascontiguousarray(np.abs(network.stoichiometry), dtype=np.float64),
            gathered=np.array(_gathered(kinetics), dtype=np.int64),
            floor=FLOOR,
            least=self.least,
        )


def _gathered(kinetics: OrganKinetics) -> list[int]:
    """Return the rows of a state that only gather what has left."""
    organs, count = kinetics.organs, len(kinetics.organs.compartments)
    places = (organs.index("lost"), *organs.handed)
    found = [p * count + place for p in range(len(kinetics.phenotypes)) for place in places]
    for each, (first, _) in zip(kinetics.circulating, kinetics.carried_rows, strict=True):
        found += [first + place for place in each.gathering]
    return found
