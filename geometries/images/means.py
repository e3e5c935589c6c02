"""An image's values for every mesh cell: checked, averaged, and filled in where there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.cells import boxes_of
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.resampling import Resampling

Floats = NDArray[np.float64]
# A cell of which the image covers less has no value.
_LEAST = 1e-3
# An image that covers less of the tumour lies elsewhere, unless the study says what else holds.
_OVERLAP = 0.9


@dataclass(frozen=True, kw_only=True, eq=False)
class Means:
    """The mean (cells,) over the `shares` (cells,) of each mesh cell that have a value."""

    values: Floats
    shares: Floats

    @property
    def held(self) -> NDArray[np.bool_]:
        """Which cells have a value at all."""
        return self.shares > _LEAST


def cell_means(
    image: Image,
    geometry: Geometry,
    convert: Callable[[Floats], Floats] = lambda values: values,
    *,
    missing: bool = False,
) -> Means:
    """Return the volume means over the mesh cells of what `convert` makes of voxels' values.

    Voxels without a finite value are refused where they meet a cell, or with `missing` left out of
    the means. Raises `InputError`, with the number of mesh cells, for those and negative ones.
    """
    places = Resampling(boxes_of(geometry), image.affine, image.stored.shape)
    if image.stored.dtype.kind not in "biuf":
        msg = f"its values are of type {image.stored.dtype}; needed are real numbers"
        raise InputError(msg)
    if not places.overlaps:
        msg = f"the image lies elsewhere: {_where(image)}, the tumour {_extent(geometry.centres)}"
        raise InputError(msg)
    with np.errstate(invalid="ignore", over="ignore"):
        values = convert(image.scaled(image.stored[places.box]).astype(np.float64))
    finite = np.isfinite(values)
    if not missing:
        _refuse(places, ~finite, "no finite number", "; give fill, the value there")
    _refuse(places, finite & (values < 0), "a negative value", "; clip cuts such values off")
    shares = places.means(finite)
    sums = places.means(np.where(finite, values, 0.0))
    means = np.divide(sums, shares, out=np.zeros_like(sums), where=shares > 0)
    # By round-off a mean of ones is not one, which no porosity may exceed.
    whole = values[finite]
    means = np.clip(means, whole.min(), whole.max()) if whole.size else means
    return Means(values=means, shares=np.minimum(shares, 1.0))


def filled(
    values: Floats, held: NDArray[np.bool_], geometry: Geometry, fill: float | None
) -> tuple[Floats, str]:
    """Return `values` with `fill`, or those of the nearest cells, where none is held; and a note.

    Without `fill` an image of less than 90 % of the tumour is refused. Raises `InputError`.
    """
    if held.all():
        return values, ""
    volume = float(geometry.cell_volumes[~held].sum())
    share = volume / geometry.volume
    size = f"{volume:.4g} mm3 ({100 * share:.3g} %, {int((~held).sum())} mesh cells)"
    if not held.any() or (fill is None and share > 1 - _OVERLAP):
        msg = f"it has no value in {size} of the tumour; give fill, the value there"
        raise InputError(msg)
    if fill is not None:
        return np.where(held, values, fill), f"{size} without a value were filled in with fill"
    return _nearest(values, held, geometry), f"{size} without a value were filled in from beside"


def _nearest(values: Floats, held: NDArray[np.bool_], geometry: Geometry) -> Floats:
    from scipy.spatial import cKDTree

    nearest = cKDTree(geometry.centres[held]).query(geometry.centres[~held])[1]
    found = values.copy()
    found[~held] = values[held][nearest]
    return found


def _refuse(places: Resampling, wrong: NDArray[np.bool_], what: str, remedy: str) -> None:
    if not wrong.any():
        return
    cells = places.means(wrong) > 0
    if cells.any():
        msg = f"{int(wrong.sum())} voxels, which meet {int(cells.sum())} of the "
        msg += f"{cells.size} mesh cells, hold {what}{remedy}"
        raise InputError(msg)


def _where(image: Image) -> str:
    corners = np.array(list(np.ndindex(2, 2, 2))) * np.array(image.stored.shape) - 0.5
    return _extent(corners @ image.affine[:3, :3].T + image.affine[:3, 3])


def _extent(places: Floats) -> str:
    sides = zip("xyz", places.min(axis=0), places.max(axis=0), strict=False)
    return ", ".join(f"{axis} {low:.5g} to {high:.5g}" for axis, low, high in sides) + " mm"
