"""Which reactions happen in the pore fluid alone, and which are what cells do."""

from __future__ import annotations

import numpy as np

from cartflow.kinetics.expressions.grammar import names
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
    stated = np.array([r.per == "pore" for r in network.reactions], dtype=bool)
    silent = np.array([r.per is None for r in network.reactions], dtype=bool)
    return np.asarray(stated | (silent & _of_solutes(network) & ~_driven(network)))


def undecided(network: Network) -> str | None:
    """Return a reaction of which `in_pores` cannot tell whose it is, or None.

    It changes solutes only and its rate names cells or tissue, but it goes on without them, as
    ``(k + q*cart)*drug`` and ``k*drug/(1 + cart/few)`` do.
    """
    tissue = np.array([_of_tissue(s) for s in network.species])
    with np.errstate(all="ignore"):
        without, hardly, usual = (
            np.abs(network.rates(np.where(tissue, level, 1.0))) for level in (0.0, 1e-12, 1.0)
        )
    # Where there is no value without cells, as in cart/(cart + tumour), the limit tells.
    goes_on = np.where(np.isfinite(without), without > 0.0, hardly > 1e-6 * usual)
    silent = np.array([r.per is None for r in network.reactions], dtype=bool)
    found = np.flatnonzero(silent & _of_solutes(network) & _driven(network) & goes_on)
    return network.reaction_names[found[0]] if found.size else None


def _of_solutes(network: Network) -> np.ndarray:
    """Return which reactions change solutes only."""
    roles = {s.name: s.role for s in network.species}
    return np.array(
        [
            all(roles[name] == "solute" for name in (*r.consumes, *r.produces))
            for r in network.reactions
        ],
        dtype=bool,
    )


def _driven(network: Network) -> np.ndarray:
    """Return which reactions have rates that name cells or tissue."""
    tissue = {s.name for s in network.species if _of_tissue(s)}
    return np.array([bool(names(tree) & tissue) for tree in network.expressions], dtype=bool)


def _of_tissue(species: Species) -> bool:
    """Return whether a rate that names `species` depends on cells or tissue."""
    return species.unit == "cell/mm^3" or species.role not in ("solute", "signal")
