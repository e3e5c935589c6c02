"""The only door between the body's vessels and the tumour's tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.compiling import fused
from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.pde.following import FollowingRegion

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """Where a door is open: weights (1/mm^3 per mesh cell) of sum one, and of vessels the `share`.

    Where nothing is open all weights are nought.
    """

    arrival: Array
    share: float

    def deliver(self, cells: Array, tumour: Array, rows: Array) -> None:
        """Add what `cells` (phenotypes) bring to the `rows` of densities (species, mesh cells)."""
        _deliver(cells, self.arrival, rows, tumour)


@fused
def _deliver(cells: Array, arrival: Array, rows: Array, tumour: Array) -> None:
    for k in range(rows.size):
        target = tumour[rows[k]]
        for c in range(arrival.size):
            target[c] += cells[k] * arrival[c]


@dataclass(frozen=True, kw_only=True, eq=False)
class Door:
    """Where cells that leave the vessels arrive, and where they can return from.

    `arrival` (1/mm^3 per mesh cell) sums to one over the volume; `egress` is the rate at which
    cells return to the draining node, 1/day per mesh cell. Vessels may hand over in a region that
    `follows` fields alone: elsewhere cells stay in them.
    """

    geometry: Geometry
    arrival: Array
    egress: Array
    follows: FollowingRegion | None = None

    def __post_init__(self) -> None:
        total = float((self.arrival * self.geometry.cell_volumes).sum())
        if abs(total - 1.0) > 1e-12:
            msg = f"door: the arrival weights sum to {total:g}, not 1"
            raise InputError(msg)

    def deliver(self, cells: Array) -> Array:
        """Return the densities (phenotypes, mesh cells) that `cells` add where all is open."""
        return np.outer(cells, self.arrival)

    def at(self, state: Array) -> Opening:
        """Return where the door is open at densities `state` (species, mesh cells)."""
        if self.follows is None:
            return Opening(arrival=self.arrival, share=1.0)
        within = self.arrival * self.follows.share(state)
        share = float(within @ self.geometry.cell_volumes)
        return Opening(arrival=within / share if share > 0 else within, share=share)


def vessel_fed(geometry: Geometry, region: str, vessel_density: Array | None = None) -> Array:
    """Return arrival weights spread over a region by vessel density (uniform if not given)."""
    weight = geometry.region(region).astype(float)
    if vessel_density is not None:
        weight = weight * vessel_density
    return _normalised(weight, geometry, f"region '{region}'")


def rim_fed(geometry: Geometry, boundary: str) -> Array:
    """Return arrival weights spread over the mesh cells at a named boundary, by area."""
    faces = geometry.boundary(boundary)
    weight = np.zeros(geometry.size)
    np.add.at(weight, faces.cells, faces.areas)
    return _normalised(weight / geometry.cell_volumes, geometry, f"boundary '{boundary}'")


def both_fed(
    geometry: Geometry,
    region: str,
    boundary: str,
    rim_share: float,
    vessel_density: Array | None = None,
) -> Array:
    """Return arrival weights of which `rim_share` is at a boundary, the rest in a region."""
    return rim_share * rim_fed(geometry, boundary) + (1.0 - rim_share) * vessel_fed(
        geometry, region, vessel_density
    )


def _normalised(weight: Array, geometry: Geometry, where: str) -> Array:
    # Pairwise: of a million cells a plain sum would be off by more than the door allows.
    total = (weight * geometry.cell_volumes).sum()
    if not total > 0:
        msg = f"tumour: {where} has no vessels to feed it"
        raise InputError(msg)
    return weight / total
