"""The body's organs as a run steps them: cells carried about, and kinetics at sites if any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.organs.body_step import BodyStep, nothing
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.packing import Packing
from cartflow.pbpk.organs.passing import OrganPassage, Passed
from cartflow.pbpk.organs.stepper import OrganStepper
from cartflow.pbpk.organs.turned import Turned

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class ActingOrgans:
    """An organ network for some `products`, with the kinetics that act in it, if any.

    Its state is `cells` (compartments, products), those that stay where they were made among
    them, `residents` (sites, others): the amounts of all else that stands at the sites, and
    `carried` (places,): those of what circulates, by compartments, one species after the other.
    Kinetics are stepped with the organs as one stiff system, to `tolerance`; without them the
    step is exact. Amounts are followed relative to themselves down to `least` (sites, species),
    where that is given. Raises `InputError` if the kinetics' products are not among `products`.
    """

    network: OrganNetwork
    products: tuple[str, ...]
    kinetics: OrganKinetics | None = None
    tolerance: float = 1e-8
    least: Array | None = None

    def __post_init__(self) -> None:
        """Check the products."""
        own = () if self.kinetics is None else self.kinetics.products
        unknown = sorted(set(own) - set(self.products))
        if unknown:
            msg = f"organs: the kinetics' product '{unknown[0]}' is not among the run's products"
            raise InputError(msg)

    @cached_property
    def others(self) -> tuple[str, ...]:
        """What stands at the sites and is no product, in the kinetics' order."""
        if self.kinetics is None:
            return ()
        return tuple(n for n in self.kinetics.residents if n not in self.kinetics.products)

    @cached_property
    def least_residents(self) -> Array | float:
        """The smallest amounts (sites, others) that are followed relative to themselves."""
        if self.least is None:
            return np.inf
        names = self._kinetics.network.species_names
        return self.least[:, [names.index(name) for name in self.others]]

    def start(self) -> tuple[Array, Array]:
        """Return cells and residents before any dose."""
        count = len(self.network.compartments)
        if self.kinetics is None:
            return np.zeros((count, len(self.products))), np.zeros((0, 0))
        return self._packing.unpacked(self.kinetics.start)

    @property
    def circulating(self) -> tuple[Circulation, ...]:
        """What circulates beside cells."""
        return () if self.kinetics is None else self.kinetics.circulating

    @property
    def carried_start(self) -> Array:
        """The amounts of what circulates before any dose."""
        if self.kinetics is None:
            return nothing()
        return self.kinetics.start[self.kinetics.carried_from :]

    def carried_of(self, carried: Array) -> list[Array]:
        """Return the amounts (..., compartments) of each circulating species as views."""
        if not self.circulating:
            return []
        ends = np.cumsum([len(each.compartments) for each in self.circulating])
        return np.split(carried, ends[:-1], axis=-1)

    def step(
        self,
        cells: Array,
        residents: Array,
        dt: float,
        supply: Array | None = None,
        final_supply: Array | None = None,
        carried: Array | None = None,
        carried_supply: Array | None = None,
    ) -> BodyStep:
        """Return what `dt` days make of cells and residents, and of what is `carried`.

        `supply` (compartments, products) in cells/day is constant, or changes linearly to
        `final_supply`; `carried_supply` in amounts/day is constant. Raises `StepFailed`.
        """
        if self.kinetics is None:
            none = np.zeros(len(self.products))
            new = self._carried.step(cells, dt, supply, final_supply)
            return self._gathered(new, residents, none, none, none)
        if supply is None and carried_supply is not None:
            supply = np.zeros_like(cells)
        packed, none = self._packing.packed, np.zeros_like(residents)
        given = [
            None if each is None else packed(each, none, carried_supply)
            for each in (supply, final_supply)
        ]
        return self._told(*self._stepper.step(packed(cells, residents, carried), dt, *given))

    def through(
        self,
        cells: Array,
        residents: Array,
        carried: Array,
        lengths: Array,
        supply: Array,
        carried_supply: Array,
        wanted: float,
        enough: int,
    ) -> tuple[BodyStep, Passed]:
        """Return a step to each of the times that are `lengths` (days) apart, as far as they came.

        All arrays of the step have the times first. See `OrganPassage.through`.
        """
        found = self._passage.through(
            self._packing.packed(cells, residents, carried),
            lengths,
            self._packing.packed(supply, np.zeros_like(residents), carried_supply),
            wanted,
            enough,
        )
        return self._told(found.states, found.turned), found

    def _told(self, states: Array, turned: Turned) -> BodyStep:
        """Return the step that has led to `states` (..., size)."""
        counted = [self._packing.of_all(n) for n in (turned.born, turned.died, turned.converted)]
        amounts = states[..., self._kinetics.carried_from :].copy()
        eliminated, entered = self._left(amounts)
        return replace(
            self._gathered(*self._packing.unpacked(states), *counted),
            carried=amounts,
            made=turned.made,
            used=turned.used,
            eliminated=eliminated,
            entered=entered,
            taken=turned.taken,
            refused=turned.refused,
        )

    def _left(self, carried: Array) -> tuple[Array, Array]:
        """Take out of what is carried, in place, what is eliminated and what entered a tumour."""
        gone = np.zeros((2, *carried.shape[:-1], len(self.circulating)))
        pairs = zip(self.circulating, self.carried_of(carried), strict=True)
        for column, (each, amounts) in enumerate(pairs):
            for row, place in enumerate(each.gathering):
                gone[row, ..., column] = amounts[..., place]
                amounts[..., place] = 0.0
        return gone[0], gone[1]

    def handed_over(self, cells: Array, dt: float, supply: Array) -> Array:
        """Return what a tumour's vessels hand over in `dt` days, by transport alone (products,).

        Of several tumours those of one after the other.
        """
        propagator, collected = self._carried.matrices(dt)
        rows = [propagator[row] @ cells + collected[row] @ supply for row in self.network.handed]
        return np.concatenate(rows)

    def densities(self, cells: Array, residents: Array, carried: Array | None = None) -> Array:
        """Return the densities (sites, species) of the kinetics' species at its sites."""
        if self.kinetics is None:
            return np.zeros((0, 0))
        state = self._packing.packed(cells, residents, carried)
        return np.asarray(state[self.kinetics.places] / self.kinetics.fluid_volumes)

    def amounts(self, cells: Array, residents: Array, carried: Array | None = None) -> Array:
        """Return the amounts (sites, species) of the kinetics' species at its sites."""
        if self.kinetics is None:
            return np.zeros((0, 0))
        return np.asarray(self._packing.packed(cells, residents, carried)[self.kinetics.places])

    def multiplied(self, cells: Array, residents: Array, factors: Array) -> tuple[Array, Array]:
        """Return cells and residents with what stands at the sites times `factors`.

        These are (sites x species), or none; what circulates is left as it is.
        """
        if not factors.size:
            return cells, residents
        state, places = self._packing.packed(cells, residents), self._kinetics.places
        state[places] *= factors.reshape(places.shape)
        return self._packing.unpacked(state)

    @cached_property
    def _packing(self) -> Packing:
        return Packing(
            network=self.network,
            kinetics=self._kinetics,
            products=self.products,
            others=self.others,
        )

    @cached_property
    def _carried(self) -> NetworkStepper:
        return NetworkStepper(network=self.network)

    @property
    def _kinetics(self) -> OrganKinetics:
        assert self.kinetics is not None
        return self.kinetics

    @cached_property
    def _stepper(self) -> OrganStepper:
        return OrganStepper(
            kinetics=self._kinetics, tolerance=self.tolerance, least=self._least_of_all
        )

    @cached_property
    def _passage(self) -> OrganPassage:
        return OrganPassage(
            kinetics=self._kinetics, tolerance=self.tolerance, least=self._least_of_all
        )

    @cached_property
    def _least_of_all(self) -> Array:
        """The smallest amounts (size,) that are followed relative to themselves."""
        least = np.full(self._kinetics.size, np.inf)
        if self.least is not None:
            least[self._kinetics.places] = self.least
        return least

    @cached_property
    def _gathering(self) -> tuple[int, ...]:
        """Where cells that are lost are gathered, and those that vessels hand over."""
        return self.network.index("lost"), *self.network.handed

    def _gathered(
        self, cells: Array, residents: Array, born: Array, died: Array, converted: Array
    ) -> BodyStep:
        """Take what the network has gathered as lost and handed over out of the cells."""
        taken = []
        for place in self._gathering:
            taken.append(cells[..., place, :].copy())
            cells[..., place, :] = 0.0
        return BodyStep(
            cells=cells,
            residents=residents,
            born=born,
            died=died,
            converted=converted,
            lost=taken[0],
            handed_over=np.concatenate(taken[1:], axis=-1),
        )
