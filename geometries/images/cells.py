"""Where the mesh cells of voxel geometries lie: boxes on a grid of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.voxels.coarsening import block_sums, padded_to_blocks, spread

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Boxes:
    """A grid of boxes (i, j, k) with the `affine` (4, 4) from indices to mm; `inside` is tissue.

    Box ``inside[i, j, k]`` reaches half an index to either side of (i, j, k). Those inside are
    numbered with i fastest; `cell` is the mesh cell of each where several make up one.
    """

    affine: Floats
    inside: NDArray[np.bool_]
    cell: NDArray[np.int64] | None = None

    def per_cell(self, values: Floats) -> Floats:
        """Return the means over the boxes of every mesh cell, of values (boxes inside,)."""
        if self.cell is None:
            return values
        return np.bincount(self.cell, values) / np.bincount(self.cell)


def boxes_of(geometry: Geometry) -> Boxes:
    """Return the boxes of a mask's, phantom's, ellipsoid's or box's mesh cells.

    A 2-D box reaches from 0 to its 1 mm of thickness along z. Raises `InputError` for shapes whose
    cells are shells or layers, which have no place in an image.
    """
    if geometry.build_voxels is not None:
        blocks = _of_blocks(*geometry.build_voxels())
        assert blocks.cell is not None
        return replace(blocks, cell=geometry.at_places(np.arange(geometry.size))[blocks.cell])
    if geometry.affine is not None:
        return Boxes(affine=geometry.affine, inside=geometry.active.T, cell=geometry.cell_of_place)
    if geometry.cell_mesh is not None:
        msg = "the cells of a mesh file are no boxes, over which means of images are not taken yet"
        raise InputError(msg)
    if geometry.dims not in (("z", "y", "x"), ("y", "x")):
        msg = (
            f"the cells of a {geometry.name} are shells or layers, which lie nowhere in an image; "
            "take a mask, box, ellipsoid or phantom"
        )
        raise InputError(msg)
    inside = geometry.active.T
    affine = np.eye(4)
    for axis, dim in enumerate(("x", "y", "z")):
        places = geometry.coordinates.get(dim, np.array([0.5]))
        # The first centre of a box is half a step from 0.
        affine[axis, axis], affine[axis, 3] = 2.0 * places[0], places[0]
    return Boxes(affine=affine, inside=inside if inside.ndim == 3 else inside[..., None])


def _of_blocks(labels: NDArray[Any], affine: Floats, factors: Sequence[int]) -> Boxes:
    """Return the voxels of blocks that are tissue: what else a block reaches over is not."""
    fine = padded_to_blocks(labels.T > 0, factors[::-1])
    active = block_sums(fine, factors[::-1]) > 0
    number = np.cumsum(active).reshape(active.shape) - 1
    return Boxes(affine=affine, inside=fine.T, cell=spread(number, factors[::-1])[fine])
