"""What one state of a large tumour comes to, in memory that is used again.

On fresh memory for each saved state, the system would spend more time than the sums take.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.totals import totals

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class LargeCounts:
    """Sums over mesh cells of `volumes` (mm3), whose `order` is that of their `depth` (mm)."""

    volumes: Array
    depth: Array
    order: Array
    _rows: dict[int, Array] = field(default_factory=dict, init=False, repr=False)

    def amounts(self, densities: Array, storage: Array) -> Array:
        """Return the total of each species (rows) stored so densely; `storage` is 1 in tissue."""
        return np.array(
            [
                self._total(
                    row if (held == 1.0).all() else np.multiply(held, row, out=self._row(0))
                )
                for row, held in zip(densities, storage, strict=True)
            ]
        )

    def products(self, densities: Array, rows: Array) -> Array:
        """Return the total of each product, which are `rows` of the densities."""
        return np.array([self._total(densities[row]) for row in rows])

    def depths(self, densities: Array, rows: Array, share: float) -> Array:
        """Return the depth (mm) above which the `share` of each product stays, and of all of them.

        As `penetration_depth`, to the last bit.
        """
        cells, every = self._row(0), self._row(1)
        every[:], found = 0.0, []
        for row in rows:
            np.multiply(densities[row], self.volumes, out=cells)
            found.append(self._depth(cells, share))
            every += cells
        return np.array([*found, self._depth(every, share)])

    def _depth(self, cells: Array, share: float) -> float:
        wanted = share * cells.sum()
        if not wanted > 0:
            return float("nan")
        return depth_at(cells, self.order, self.depth, wanted)

    def _total(self, values: Array) -> float:
        return float(totals(values[None], self.volumes)[0])

    def _row(self, number: int) -> Array:
        if number not in self._rows:
            self._rows[number] = np.empty(self.volumes.size)
        return self._rows[number]


@serial
def depth_at(cells: Array, order: Array, depth: Array, wanted: float) -> float:
    """Return the depth above which `wanted` of the cells stay; `depth` rises along `order`.

    Half of the cells of a mesh cell stand above its centre; between centres it is linear.
    """
    place, before, middle = _reached(cells, order, wanted)
    if place in (0, order.size):
        return depth[order[max(place - 1, 0)]]
    low, high = depth[order[place - 1]], depth[order[place]]
    return low + (high - low) / (middle - before) * (wanted - before)


@serial
def _reached(cells: Array, order: Array, wanted: float) -> tuple[int, float, float]:
    """Return the first place in the order with more than `wanted` above the middle of its cell.

    And what is above the middle of the cell before it, and of its own.
    """
    total, before = 0.0, 0.0
    for place in range(order.size):
        here = cells[order[place]]
        total += here
        middle = total - 0.5 * here
        if middle > wanted:
            return place, before, middle
        before = middle
    return order.size, before, before
