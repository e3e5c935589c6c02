"""Reactions over one step: what is added explicitly, what is removed implicitly, what it counts.

A reaction that only removes is taken implicitly, so that no step makes a density negative; one
that both removes and adds (a change of phenotype) is explicit on both sides, so that what leaves
one species arrives in the other exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.kinetics.network import Network
from cartflow.outcome import StepFailed

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Turnover:
    """What reactions did to each species in a step, in cells (or ng): arrays per species."""

    born: Array
    died: Array
    converted: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class ReactionStep:
    """Gains (amount/mm^3/day) and first-order losses (1/day), each (species, cells)."""

    network: Network
    extents: Array
    removal: Array
    amounts: Array
    gain: Array
    explicit_loss: Array

    def turnover(self, new_amounts: Array, volumes: Array, dt: float) -> Turnover:
        """Return born, died, converted over the step that ended at `new_amounts`."""
        split = _Split.of(self.network)
        explicit = self.extents[~split.pure_loss] @ volumes * dt
        ratio = np.divide(
            new_amounts, self.amounts, out=np.zeros_like(new_amounts), where=self.amounts > 0
        )
        died = split.died[:, ~split.pure_loss] @ explicit
        lost = (split.loss @ self.extents[split.pure_loss]) * ratio @ volumes * dt
        return Turnover(
            born=split.born[:, ~split.pure_loss] @ explicit,
            died=died + np.where(self.network.is_product, lost, 0.0),
            converted=split.converted[:, ~split.pure_loss] @ explicit,
        )

    def step_limit(self, fraction: float = 0.5) -> float:
        """Return the longest step over which explicit losses take at most `fraction` of a cell."""
        active = self.explicit_loss > 0
        if not active.any():
            return np.inf
        return float(fraction * np.min(self.amounts[active] / self.explicit_loss[active]))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Split:
    """The network with each reaction also in reverse, for rates that turn negative."""

    stoichiometry: Array
    born: Array
    died: Array
    converted: Array

    @staticmethod
    def of(network: Network) -> _Split:
        return _Split(
            stoichiometry=np.hstack([network.stoichiometry, -network.stoichiometry]),
            born=np.hstack([network.born, network.died]),
            died=np.hstack([network.died, network.born]),
            converted=np.hstack([network.converted, -network.converted]),
        )

    @cached_property
    def pure_loss(self) -> Array:
        return np.asarray(np.all(self.stoichiometry <= 0, axis=0))

    @cached_property
    def loss(self) -> Array:
        return -self.stoichiometry[:, self.pure_loss]


def react(network: Network, amounts: Array) -> ReactionStep:
    """Evaluate every reaction at `amounts` (species, cells; per mm^3 of tissue)."""
    split = _Split.of(network)
    rates = network.rates(amounts)
    _require_finite(network, rates)
    extents = np.vstack([np.maximum(rates, 0.0), np.maximum(-rates, 0.0)])
    change = split.stoichiometry[:, ~split.pure_loss]
    explicit = extents[~split.pure_loss]
    lost = split.loss @ extents[split.pure_loss]
    removal = np.divide(lost, amounts, out=np.zeros_like(lost), where=amounts > 0)
    return ReactionStep(
        network=network,
        extents=extents,
        removal=removal,
        amounts=amounts,
        gain=change @ explicit,
        explicit_loss=np.maximum(-change, 0.0) @ explicit,
    )


def _require_finite(network: Network, rates: Array) -> None:
    """Raise `StepFailed` naming the species of the first reaction whose rate is not finite."""
    bad = ~np.isfinite(rates).all(axis=1)
    if bad.any():
        reaction = network.reactions[int(np.argmax(bad))]
        changed = network.stoichiometry[:, int(np.argmax(bad))] != 0
        species = network.species_names[int(np.argmax(changed))]
        raise StepFailed(species, f"the rate of '{reaction.name}' is not finite")
