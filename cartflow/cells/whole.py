"""A coupled system in which cells are whole."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cartflow.coupling.coupled import Coupled

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class WholeCells(Coupled):
    """A coupled system whose product cells are whole, so that a sum of densities is a number.

    Those of `dense` kinds are whole in the body alone.
    """

    dense: tuple[str, ...] = ()

    def in_tissue(self, sums: Array) -> Array:
        """Return what `sums` of densities over the tissue (its products) are of all products."""
        found = super().in_tissue(sums)
        # Densities are numbers over volumes, and lose a last digit on the way back.
        return np.where(np.isin(self.product_names, self.dense), found, np.rint(found))


def in_whole_cells(coupled: Coupled, dense: tuple[str, ...]) -> WholeCells:
    """Return the system, which counts whole cells but of the `dense` kinds in the tumour."""
    parts = {f.name: getattr(coupled, f.name) for f in fields(Coupled) if f.init}
    return WholeCells(**parts, dense=dense)
