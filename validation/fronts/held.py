"""A network without the species that are nowhere: they stand as parameters of the value zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cartflow.core.parameters import Parameter
from cartflow.kinetics.network import Network, Reaction

Array = np.ndarray


def without(network: Network, absent: Iterable[int]) -> Network:
    """Return the network in which the species of some rows are zero for good.

    Exact where nothing makes them. Reactions keep their rates, of which some are zero then.
    """
    gone = {network.species_names[row]: network.species[row] for row in absent}
    zero = {
        name: Parameter(
            value=0.0, unit=s.unit, stated="0", source="assumed", standing="assumed", note="absent"
        )
        for name, s in gone.items()
    }
    reactions = [kept for r in network.reactions if (kept := _kept(r, set(gone)))]
    return replace(
        network,
        species=tuple(s for s in network.species if s.name not in gone),
        parameters={**network.parameters, **zero},
        reactions=tuple(reactions),
    )


def _kept(reaction: Reaction, gone: set[str]) -> Reaction | None:
    consumes = {n: v for n, v in reaction.consumes.items() if n not in gone}
    produces = {n: v for n, v in reaction.produces.items() if n not in gone}
    if not consumes and not produces:
        return None
    return replace(reaction, consumes=consumes, produces=produces)


def nowhere(network: Network, ahead: Array, moving: Array) -> Array:
    """Return the rows of species that are absent ahead and that nothing there makes."""
    state = np.where(ahead > 0, ahead, 0.0)
    state[moving] = np.maximum(state[moving], 1.0)
    while True:
        with np.errstate(all="ignore"):
            made = np.nan_to_num(network.derivative(state)) > 0
        if not (made & (state == 0.0)).any():
            return np.flatnonzero(state == 0.0)
        state[made & (state == 0.0)] = 1.0
