"""How far tissue is from its vessels: a map on voxels, its histogram, and Krogh's radius."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.vessels.distances import To, distances
from cartflow.geometries.vessels.network import VesselNetwork

Floats = NDArray[np.float64]
_MOST_VOXELS = 20_000_000
_BINS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Distances:
    """Distances to the nearest vessel at the middles of voxels (i, j, k), mm, and their `affine`.

    Those to walls are 0 within a vessel, and `within` says which voxels' middles are.
    """

    values: Floats
    affine: Floats
    within: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """The mean over the voxels, those within vessels too, mm."""
        return float(self.values.mean())

    @property
    def outside(self) -> Floats:
        """The distances (voxels,) of those whose middle is in no vessel, mm."""
        return np.asarray(self.values[~self.within])


def distance_map(
    network: VesselNetwork, voxel: float, to: To = "centre_lines", box: Floats | None = None
) -> Distances:
    """Return the distances to the nearest vessel on cubes of `voxel` mm, or a little less.

    They fill the `box`, its lowest and highest corner (2, 3) in mm; without it that around the
    centre lines. Raises `InputError` for more than 20 million voxels.
    """
    low, high = network.box if box is None else np.asarray(box, dtype=float)
    sizes = np.maximum(np.ceil((high - low) / voxel - 1e-9), 1.0)
    if not np.prod(sizes) <= _MOST_VOXELS:
        msg = f"voxel: {voxel:g} mm makes {np.prod(sizes):.3g} voxels of the box around the vessels"
        msg += f"; at most {_MOST_VOXELS} are looked at"
        raise InputError(msg)
    shape = sizes.astype(int)
    affine = np.eye(4)
    steps = np.where(high > low, (high - low) / shape, voxel)
    affine[:3, :3], affine[:3, 3] = np.diag(steps), low + 0.5 * steps * (high > low)
    places = np.indices(shape).reshape(3, -1).T * steps + affine[:3, 3]
    values = distances(network, places, to).reshape(shape)
    within = values < 0 if to == "walls" else np.zeros(values.shape, dtype=bool)
    return Distances(values=np.maximum(values, 0.0), affine=affine, within=within)


def krogh_radius(length_density: float) -> float:
    """Return the radius (mm) of tissue around each vessel, R = 1/sqrt(pi L_v) (krogh1919).

    `length_density` L_v is in mm/mm3: as if all vessels were parallel and evenly spaced, each
    feeding a cylinder of its own.
    """
    return float(1.0 / np.sqrt(np.pi * length_density))


def histogram(values: Floats, bins: int = _BINS) -> tuple[Floats, Floats]:
    """Return the edges (bins + 1,) in mm of a histogram, and the shares (bins,) of the voxels."""
    counts, edges = np.histogram(values, bins=bins, range=(0.0, float(values.max())))
    return edges, counts / values.size
