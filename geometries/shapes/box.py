"""A rectangle (1 mm thick) or a block of tissue in equal cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.arguments import table
from cartflow.core.outcome import InputError
from cartflow.geometries.checks import MOST_CELLS, length_in_mm, whole
from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.geometry import Boundary, Coarse, Geometry
from cartflow.geometries.regions import Interval, inside, named_regions

Floats = NDArray[np.float64]
# The names of the low and the high side along x, y, z; FiPy calls them the same.
_SIDES = (("left", "right"), ("bottom", "top"), ("front", "back"))
_THICKNESS = 1.0


def box(
    lengths: Sequence[float],
    cells: Sequence[int],
    regions: Mapping[str, Sequence[Interval]] | None = None,
) -> Geometry:
    """Return a box of `lengths` (x, y) or (x, y, z) in mm, in `cells` equal cells an axis.

    A 2-D box is 1 mm thick. Boundaries are left, right (x), bottom, top (y), front, back
    (z); depth is the distance to the nearest of them. `regions` names blocks
    ``{name: ((x0, x1), (y0, y1)[, (z0, z1)])}`` in mm, by cell centre. Raises `InputError`
    on bad sizes.
    """
    extent, number = _sizes(lengths, cells)
    step = extent / number
    axes = [(np.arange(n) + 0.5) * h for n, h in zip(number, step, strict=True)]
    # Cells run fastest along x, as in FiPy.
    grids = np.meshgrid(*axes[::-1], indexing="ij")
    centres = np.stack([grid.ravel() for grid in grids[::-1]], axis=1)
    depth = np.minimum(centres, extent - centres).min(axis=1)
    thickness = 1.0 if extent.size == 3 else _THICKNESS
    dims = ("x", "y", "z")[: extent.size][::-1]
    return Geometry(
        name="box",
        dims=dims,
        coordinates=dict(zip(dims, axes[::-1], strict=True)),
        active=np.ones(tuple(number[::-1]), dtype=bool),
        cell_volumes=np.full(len(centres), float(np.prod(step)) * thickness),
        centres=centres,
        depth=depth,
        regions=named_regions(depth, _blocks(centres, regions, extent), "box"),
        boundaries=_boundaries(number, step, thickness),
        build_mesh=partial(_build_mesh, tuple(number.tolist()), tuple(step.tolist())),
        depth_below="the nearest side",
        build_coarse=partial(_coarse, extent, number, thickness),
    )


def _coarse(extent: Floats, number: NDArray[np.int64], thickness: float) -> Coarse:
    """Return the box in half as many cells an axis; an odd number is rounded up."""
    from scipy.sparse import csr_array, kron

    fewer = (number + 1) // 2
    shared = csr_array([[thickness]])
    for length, coarse, fine in zip(extent, fewer, number, strict=True):
        shared = csr_array(kron(_overlaps(length, coarse, fine), shared))
    return Coarse(geometry=box(extent.tolist(), fewer.tolist()), shared=shared)


def _overlaps(length: float, coarse: int, fine: int) -> Any:
    """Return the lengths (coarse, fine) that cells of the two rows share."""
    from scipy.sparse import csr_array

    one, two = (np.linspace(0.0, length, n + 1) for n in (coarse, fine))
    low = np.maximum(one[:-1, None], two[:-1])
    return csr_array(np.maximum(np.minimum(one[1:, None], two[1:]) - low, 0.0))


def _sizes(lengths: Any, cells: Any) -> tuple[Floats, NDArray[np.int64]]:
    try:
        fits = len(lengths) == len(cells) and len(lengths) in (2, 3)
    except TypeError:
        fits = False
    if not fits:
        msg = f"box: lengths {lengths!r} and cells {cells!r} must both be (x, y) or (x, y, z)"
        raise InputError(msg)
    extent = [
        length_in_mm(v, f"box length along {a}") for a, v in zip("xyz", lengths, strict=False)
    ]
    number = [
        whole(v, f"box cells along {a}", MOST_CELLS) for a, v in zip("xyz", cells, strict=False)
    ]
    if np.prod(number, dtype=float) > MOST_CELLS:
        msg = f"box cells: {' x '.join(map(str, number))} are more than {MOST_CELLS} mesh cells"
        raise InputError(msg)
    return np.array(extent), np.array(number)


def _blocks(
    centres: Floats, regions: Mapping[str, Sequence[Interval]] | None, extent: Floats
) -> dict[str, NDArray[np.bool_]]:
    blocks = {}
    for name, intervals in table(regions, "box: regions").items():
        what = f"box: region '{name}'"
        given = isinstance(intervals, (Sequence, np.ndarray)) and not isinstance(intervals, str)
        if not given or len(intervals) != extent.size:
            msg = f"{what}: got {intervals!r}; give one (from, to) in mm for each axis"
            raise InputError(msg)
        blocks[name] = np.all(
            [
                inside(centres[:, axis], interval, float(extent[axis]), what)
                for axis, interval in enumerate(intervals)
            ],
            axis=0,
        )
    return blocks


def _boundaries(number: NDArray[np.int64], step: Floats, thickness: float) -> dict[str, Boundary]:
    index = np.arange(int(np.prod(number))).reshape(tuple(number[::-1]))
    boundaries = {}
    for axis, names in enumerate(_SIDES[: step.size]):
        area = float(np.prod(np.delete(step, axis))) * thickness
        for name, side in zip(names, (0, -1), strict=True):
            cells = index.take(side, axis=step.size - 1 - axis).ravel()
            boundaries[name] = Boundary(
                cells=cells,
                areas=np.full(cells.size, area),
                distances=np.full(cells.size, 0.5 * step[axis]),
            )
    return boundaries


def _build_mesh(number: tuple[int, ...], step: tuple[float, ...]) -> Any:
    sizes = {f"n{a}": n for a, n in zip("xyz", number, strict=False)}
    steps = {f"d{a}": h for a, h in zip("xyz", step, strict=False)}
    grid = fipy().Grid2D if len(number) == 2 else fipy().Grid3D
    return grid(**sizes, **steps, communicator=fipy().serialComm)
