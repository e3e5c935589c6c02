"""Reactions over one step: what is added explicitly, what is removed implicitly, what it counts.

Rates see densities of cells and concentrations of solutes in the pore fluid; what is added and
removed are amounts per mm^3 of tissue.

A reaction that only removes is taken implicitly, so that no step makes a density negative; one
that both removes and adds (a change of phenotype) is explicit on both sides, so that what leaves
one species arrives in the other exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.kinetics.network import Network

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Turnover:
    """What reactions did to each species in a step, in cells (or ng): arrays per species."""

    born: Array
    died: Array
    converted: Array
    made: Array
    used: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Reactions:
    """A network with each reaction also in reverse, for rates that turn negative.

    `in_pores` (bool per reaction) have rates per mm^3 of pore fluid.
    """

    network: Network
    in_pores: Array

    def at(self, state: Array, storage: Array, porosity: Array) -> ReactionStep:
        """Evaluate every reaction at a state (species, cells), of which storage x state is held."""
        rates = self.network.rates(state)
        rates[self.in_pores] *= porosity
        _require_finite(self.network, rates)
        amounts = storage * state
        extents = np.vstack([np.maximum(rates, 0.0), np.maximum(-rates, 0.0)])
        explicit, losing = extents[~self.pure_loss], extents[self.pure_loss]
        lost = self.loss @ losing
        return ReactionStep(
            reactions=self,
            explicit=explicit,
            lost=lost,
            removal=np.divide(lost, amounts, out=np.zeros_like(lost), where=amounts > 0),
            amounts=amounts,
            gain=self.change @ explicit,
            explicit_loss=np.maximum(-self.change, 0.0) @ explicit,
        )

    @cached_property
    def _stoichiometry(self) -> Array:
        return np.hstack([self.network.stoichiometry, -self.network.stoichiometry])

    @cached_property
    def pure_loss(self) -> Array:
        """Which reactions (forwards, then in reverse) only remove."""
        return np.asarray(np.all(self._stoichiometry <= 0, axis=0))

    @cached_property
    def loss(self) -> Array:
        """What the pure losses remove (species, pure losses)."""
        return -self._stoichiometry[:, self.pure_loss]

    @cached_property
    def change(self) -> Array:
        """What the others change (species, others)."""
        return self._stoichiometry[:, ~self.pure_loss]

    @cached_property
    def counted(self) -> tuple[Array, Array, Array]:
        """What the others count as born, died and converted, each (species, others)."""
        born, died, converted = self.network.born, self.network.died, self.network.converted
        both = np.hstack([born, died]), np.hstack([died, born]), np.hstack([converted, -converted])
        others = ~self.pure_loss
        return both[0][:, others], both[1][:, others], both[2][:, others]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReactionStep:
    """Gains (amount/mm^3/day) and first-order removal (1/day), each (species, cells).

    `explicit` are the extents of the reactions that also add, `lost` what pure losses remove.
    """

    reactions: Reactions
    explicit: Array
    lost: Array
    removal: Array
    amounts: Array
    gain: Array
    explicit_loss: Array

    def turnover(self, new_amounts: Array, volumes: Array, dt: float) -> Turnover:
        """Return born, died, converted over the step that ended at `new_amounts`."""
        born, died, converted = self.reactions.counted
        extents = self.explicit @ volumes * dt
        ratio = np.divide(
            new_amounts, self.amounts, out=np.zeros_like(new_amounts), where=self.amounts > 0
        )
        lost = self.lost * ratio @ volumes * dt
        change = self.reactions.change
        return Turnover(
            made=np.maximum(change, 0.0) @ extents,
            used=np.maximum(-change, 0.0) @ extents + lost,
            born=born @ extents,
            died=died @ extents + np.where(self.reactions.network.is_product, lost, 0.0),
            converted=converted @ extents,
        )

    def step_limit(self, fraction: float = 0.5) -> float:
        """Return the longest step over which explicit losses take at most `fraction` of a cell."""
        active = self.explicit_loss > 0
        if not active.any():
            return np.inf
        return float(fraction * np.min(self.amounts[active] / self.explicit_loss[active]))


def _require_finite(network: Network, rates: Array) -> None:
    """Raise `StepFailed` naming the species of the first reaction whose rate is not finite."""
    bad = ~np.isfinite(rates).all(axis=1)
    if bad.any():
        reaction = network.reactions[int(np.argmax(bad))]
        changed = network.stoichiometry[:, int(np.argmax(bad))] != 0
        species = network.species_names[int(np.argmax(changed))]
        raise StepFailed(species, f"the rate of '{reaction.name}' is not finite")
