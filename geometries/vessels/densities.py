"""How much length and area of vessels is in every mesh cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.cells import Boxes, boxes_of
from cartflow.geometries.vessels.clipping import Pieces, pieces_in_boxes
from cartflow.geometries.vessels.network import VesselNetwork

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class InCells:
    """What of a network is in each mesh cell (cells,), and the `whole` of it anywhere."""

    amounts: Floats
    whole: float
    volumes: Floats

    @property
    def densities(self) -> Floats:
        """The amount per mm3 of each cell: mm/mm3 of length, mm2/mm3 of area."""
        return self.amounts / self.volumes

    @property
    def share(self) -> float:
        """The share of the network that is in the mesh cells."""
        return float(self.amounts.sum()) / self.whole if self.whole > 0 else 0.0


def length_in_cells(network: VesselNetwork, geometry: Geometry) -> InCells:
    """Return the length of vessels in each mesh cell, mm: cut exactly at the voxels' sides.

    What is summed over the cells is the length that runs in the tissue. Raises `InputError` for
    geometries that are no voxels, and where no vessel runs in the tissue.
    """
    return _summed(network, geometry, network.length, network.lengths[:, None] * np.ones(2))


def area_in_cells(network: VesselNetwork, geometry: Geometry) -> InCells:
    """Return the area of vessels' walls in each mesh cell, mm2, where their centre lines run.

    As `length_in_cells`; a wall that is in another cell than the centre line beside it is counted
    in the latter's.
    """
    rims = 2.0 * np.pi * network.known_radii() * network.slants[:, None]
    return _summed(network, geometry, float(network.areas.sum()), rims)


def _summed(network: VesselNetwork, geometry: Geometry, whole: float, per_share: Floats) -> InCells:
    """Sum up what changes evenly along segments, from the first to the second of `per_share`."""
    boxes = boxes_of(geometry)
    number = _cell_of_box(boxes)
    back = np.linalg.inv(boxes.affine)
    # Boxes reach half an index to either side.
    starts, ends = (x @ back[:3, :3].T + back[:3, 3] + 0.5 for x in (network.starts, network.ends))
    sums = np.zeros(geometry.size)
    for pieces in pieces_in_boxes(starts, ends, boxes.inside.shape):
        cell = number[tuple(pieces.box.T)]
        held = cell >= 0
        amounts = _amounts(pieces, per_share)[held]
        sums += np.bincount(cell[held], amounts, geometry.size)
    if not sums.any():
        low, high = network.box
        words = ", ".join(
            f"{n} {a:.5g} to {b:.5g}" for n, a, b in zip("xyz", low, high, strict=True)
        )
        msg = f"no vessel runs in the tissue: they reach over {words} mm; shift moves them"
        raise InputError(msg)
    return InCells(amounts=sums, whole=whole, volumes=geometry.cell_volumes)


def _amounts(pieces: Pieces, per_share: Floats) -> Floats:
    one, two = per_share[pieces.segment].T
    middle = 0.5 * (pieces.first + pieces.last)
    return (pieces.last - pieces.first) * (one + (two - one) * middle)


def _cell_of_box(boxes: Boxes) -> NDArray[np.int64]:
    """Return the mesh cell (i, j, k) of each box, -1 outside."""
    number = np.full(boxes.inside.shape, -1, dtype=np.int64)
    count = int(boxes.inside.sum())
    number.T[boxes.inside.T] = np.arange(count) if boxes.cell is None else boxes.cell
    return number
