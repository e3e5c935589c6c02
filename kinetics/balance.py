"""Which part of a reaction is birth, which death, and which a change of phenotype."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Coefficients such as 0.1 + 0.2 - 0.3 leave a rounding error that is no birth.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """Product cells per event, each of shape (n_species, n_reactions).

    ``born - died + converted`` is the net change of the product species, `born` and `died`
    are not negative, and the columns of `converted` sum to zero.
    """

    born: NDArray[np.float64]
    died: NDArray[np.float64]
    converted: NDArray[np.float64]


def sort_cells(stoichiometry: NDArray[np.float64], is_product: NDArray[np.bool_]) -> Sorted:
    """Sort the net change ``d`` of product species into births, deaths and conversions.

    A surplus ``sum(d) > 0`` is born, shared over the species with ``d > 0`` in proportion;
    ``sum(d) < 0`` died, shared over those with ``d < 0``; the rest is converted.
    """
    change = np.where(is_product[:, None], stoichiometry, 0.0)
    surplus = change.sum(axis=0)
    surplus[np.abs(surplus) <= _ROUNDING * np.abs(change).sum(axis=0)] = 0.0
    born = _shared(np.maximum(change, 0.0), np.maximum(surplus, 0.0))
    died = _shared(np.maximum(-change, 0.0), np.maximum(-surplus, 0.0))
    return Sorted(born=born, died=died, converted=change - born + died)


def _shared(part: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = part.sum(axis=0)
    shares = np.divide(total, whole, out=np.zeros_like(total), where=whole > 0)
    return np.asarray(part * shares)
