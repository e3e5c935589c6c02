"""Where cells stand beside a cut surface that holds a value, or is tied to one by a strong film."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.geometry import Boundary, Geometry
from cartflow.pde.boundary import BoundaryCondition, FixedValue, PrescribedFlux, Robin
from cartflow.pde.problem import Field

Array = np.ndarray


def distances_to(
    condition: FixedValue | Robin, geometry: Geometry, faces: Boundary, diffusivity: Array
) -> Array:
    """Return how far the cells behind `faces` stand from them, mm; D (mm^2/day) per cell."""
    moved = _shifts(condition, faces, diffusivity)
    if moved is None:
        return faces.distances
    return np.asarray(geometry.depth[faces.cells] + moved[faces.cells])


def stretches(item: Field, geometry: Geometry, diffusivity: Array) -> Array | float:
    """Return by what the diffusivity at each interior face is multiplied; D per cell.

    Near a surface that holds one value, or has one beyond its film, a field is linear in the
    depth d: what passes between two cells is right where it is multiplied by their difference in d
    over that in the depth they stand for.
    """
    found = (
        _shifts(condition, geometry.boundaries[name], diffusivity)
        for name, condition in item.boundaries.items()
    )
    known = [each for each in found if each is not None]
    if not known:
        return 1.0
    moved, faces = np.sum(known, axis=0), geometry.connectivity
    centres = geometry.depth[faces.neighbour] - geometry.depth[faces.owner]
    stand = centres + moved[faces.neighbour] - moved[faces.owner]
    return np.divide(centres, stand, out=np.ones_like(centres), where=np.abs(stand) > 0)


def _shifts(condition: BoundaryCondition, faces: Boundary, diffusivity: Array) -> Array | None:
    """Return how much deeper than its centre each cell stands, mm; None where all stand there.

    A film that lets pass less than diffusion over the largest shift makes no step shorter.
    """
    if faces.shifts is None or isinstance(condition, PrescribedFlux):
        return None
    if isinstance(condition, Robin):
        most = diffusivity[faces.cells].max(initial=0.0)
        if condition.transfer_coefficient * faces.shifts.max() <= most:
            return None
    return faces.shifts
