"""Which reactions happen in the pore fluid alone, and which are what cells do."""

from __future__ import annotations

import numpy as np

from cartflow.kinetics.grammar import names
from cartflow.kinetics.network import Network
from cartflow.kinetics.species import Species


def in_pores(network: Network) -> np.ndarray:
    """Return which reactions state their rate per volume of pore fluid (bool per reaction).

    All rates see the concentration of a solute in the pore fluid and the density of cells in the
    tissue. A reaction that changes solutes only, and whose rate names no cells and no tissue, is
    one among solutes: it has no place but the pores, so what it gives per mm3 of tissue is
    porosity x rate. What cells do (secretion, uptake, killing) is per mm3 of tissue. A reaction's
    own `per` goes before this rule.
    """
    found = []
    for reaction, tree in zip(network.reactions, network.expressions, strict=True):
        changed = {*reaction.consumes, *reaction.produces}
        own = [s for s in network.species if s.name in changed]
        seen = [s for s in network.species if s.name in names(tree)]
        alone = all(s.role == "solute" for s in own) and not any(_of_tissue(s) for s in seen)
        found.append(alone if reaction.per is None else reaction.per == "pore")
    return np.array(found, dtype=bool)


def _of_tissue(species: Species) -> bool:
    """Return whether a rate that names `species` depends on cells or tissue."""
    return species.unit == "cell/mm^3" or species.role not in ("solute", "signal")
