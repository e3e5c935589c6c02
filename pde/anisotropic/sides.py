"""What an anisotropic diffusivity is across the sides of a tumour, and where it can be told."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.pde.anisotropic.shapes import matrices
from cartflow.pde.boundary import BoundaryCondition, PrescribedFlux

Array = np.ndarray

# The sides of a box across x, y and z.
_SIDES = {"left": 0, "right": 0, "bottom": 1, "top": 1, "front": 2, "back": 2}


def across(anisotropy: Array, side: str) -> Array:
    """Return n . shape . n (cells,) for shapes (cells, 6) across a side of a box."""
    direction = _SIDES[side]
    return np.asarray(matrices(anisotropy)[:, direction, direction])


def require_sides(
    field: str, geometry: Geometry, boundaries: Mapping[str, BoundaryCondition]
) -> None:
    """Raise `InputError` where a field cannot move by a tensor: on lines, beside curved surfaces.

    A flux or none may be given on any boundary; a fixed value or a film only on sides of a box,
    across which the tensor is known.
    """
    if geometry.active.ndim == 1 or geometry.graded:
        where = "with interior cells" if geometry.graded else "without directions"
        msg = f"field '{field}': an anisotropic diffusivity is for boxes and masks, and the "
        raise InputError(msg + f"{geometry.name} is one {where}")
    for name, condition in boundaries.items():
        if name not in _SIDES and not isinstance(condition, PrescribedFlux):
            msg = f"fields.{field}.boundaries.{name}: beside an anisotropic diffusivity only a "
            msg += "flux can be given on the surface of a mask; fixed_value and robin are for the "
            raise InputError(msg + f"sides of a box ({', '.join(_SIDES)})")
