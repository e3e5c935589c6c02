"""The balance of cells: what came, was born, died, changed, and where the rest is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class Ledger:
    """Cumulative counts per product species, advanced with the state, never as differences."""

    infused: Array
    born: Array
    died: Array
    converted: Array
    inflow: Array
    egress: Array

    @classmethod
    def empty(cls, products: int) -> Ledger:
        """Return a ledger of zeros."""
        return cls(**{name: np.zeros(products) for name in cls.__annotations__})

    def extrapolated(self, whole: Ledger) -> Ledger:
        """Return 2 self - whole: the ledger of two half steps, extrapolated with that of one."""
        names = self.__annotations__
        return Ledger(**{name: 2.0 * getattr(self, name) - getattr(whole, name) for name in names})

    def copy(self) -> Ledger:
        """Return an independent copy."""
        return Ledger(**{name: getattr(self, name).copy() for name in self.__annotations__})


def residual(ledger: Ledger, in_body: Array, in_tumour: Array, in_transit: Array) -> Array:
    """Return infused + born - died + converted - in_body - in_tumour - in_transit per species.

    `converted` sums to zero over species, so that it drops out of the total.
    """
    gained = ledger.infused + ledger.born - ledger.died + ledger.converted
    return np.asarray(gained - in_body - in_tumour - in_transit)
