"""Which reactions happen in the pore fluid alone, and which are what cells do."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cartflow.core.remembered import Same
from cartflow.kinetics.expressions.compile import Function
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
    tissue, functions = np.array([_of_tissue(s) for s in network.species]), network.functions()
    silent = np.array([r.per is None for r in network.reactions], dtype=bool)
    for place in np.flatnonzero(silent & _of_solutes(network) & _driven(network)):
        if _goes_on(functions[place], tissue):
            return network.reaction_names[place]
    return None


def _goes_on(rate: Function, tissue: np.ndarray) -> bool:
    """Return whether there is something left of a rate where no `tissue` (species,) is."""
    with np.errstate(all="ignore"):
        without, hardly, usual = (
            np.abs(rate(np.where(tissue, level, 1.0))) for level in (0.0, 1e-12, 1.0)
        )
    # Where there is no value without cells, as in cart/(cart + tumour), the limit tells.
    return bool(without > 0.0 if np.isfinite(without) else hardly > 1e-6 * usual)


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
    return _naming(Same(network.expressions), Same(network.species))


@lru_cache(maxsize=64)
def _naming(rates: Same, species: Same) -> np.ndarray:
    tissue = {s.name for s in species.value if _of_tissue(s)}
    return np.array([bool(names(tree) & tissue) for tree in rates.value], dtype=bool)


def _of_tissue(species: Species) -> bool:
    """Return whether a rate that names `species` depends on cells or tissue."""
    return species.unit == "cell/mm^3" or species.role not in ("solute", "signal")
