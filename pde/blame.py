"""Which field is to blame where numbers overflow: what it makes infinite others may be, too."""

from __future__ import annotations

import numpy as np

from cartflow.kinetics.compiled.network import compiled
from cartflow.kinetics.network import Network

Array = np.ndarray


def fastest_growing(network: Network, densities: Array, otherwise: int) -> int:
    """Return the species that grows fastest by itself at `densities` (species, cells), if any does.

    That is by the slope of what reactions make of it to its own density, in any cell.
    """
    species, cells = densities.shape
    code, reactions = compiled(network), len(network.reactions)
    slopes = np.zeros((reactions * species, cells))
    code.jacobian_block(np.maximum(densities, 0.0), code.parameters, 0, cells, slopes)
    by_own = slopes.reshape(reactions, species, cells)
    growth = np.einsum("sr,rsc->sc", network.stoichiometry, by_own).max(axis=1)
    fastest = int(np.nanargmax(np.append(growth, 0.0)))
    return fastest if fastest < species else otherwise
