"""Cells as spheres that overlap, push one another apart, and may cling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.chance.philox import PUSHING, direction, draw
from cartflow.cells.crowding.bins import Bins
from cartflow.cells.crowding.neighbours import MOST_ROWS, rows_around
from cartflow.core.compiling import in_place, serial
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Spheres:
    """How kinds of cells push: `radius` in mm, `repulsion` and `adhesion` in mm/day (kinds).

    Of two cells at a distance r each moves from the other at repulsion (1 - r/R)^2 where r is
    below the sum R of their radii, and towards it at adhesion (1 - r/S)^2 where r is below S =
    `reach` R (Ghaffarizadeh et al. 2018, doi 10.1371/journal.pcbi.1005991), both the geometric
    means of their kinds'. A kind without a radius neither pushes nor is pushed.
    """

    radius: Array
    repulsion: Array
    adhesion: Array
    reach: float

    @property
    def farthest(self) -> float:
        """The distance in mm beyond which no two cells act on each other."""
        return 2.0 * float(self.radius.max()) * (self.reach if self.adhesion.any() else 1.0)


def pushed(
    position: Array,
    kind: Array,
    name: Array,
    spheres: Spheres,
    bins: Bins,
    moving: Array,
    step: int,
    seed: int,
    share: Array | None = None,
) -> tuple[Array, Array]:
    """Return velocities (n, 3) in mm/day, and how many others overlap each cell.

    Where cells are smaller than their kinds, `share` (n, at most 1) is of the radius. Sums are
    taken in the order of the lists, whichever thread takes them.
    """
    velocity, touching = np.zeros_like(position), np.zeros(len(position), dtype=np.int32)
    # What does not move along an axis is in one place there.
    cells = (position[bins.order] * moving, kind[bins.order], name[bins.order])
    lists = (bins.low, bins.size, bins.shape, bins.start, bins.order, moving)
    law = _of_pairs(spheres)
    radius = np.zeros(0) if share is None else (spheres.radius[kind] * share)[bins.order]

    def task(first: int, last: int) -> None:
        _push(first, last, *cells, *lists, law, radius, velocity, touching, step, seed)

    in_parts(task, len(position), len(position))
    return velocity, touching


_SPAN, _TOUCH, _CLING, _AWAY, _BACK = range(5)


def _of_pairs(spheres: Spheres) -> Array:
    """Return the numbers of the law for every pair of kinds (5, kinds, kinds).

    They are how far they act, one over how far they touch and cling, and the forces.
    """
    radius = spheres.radius
    have = np.minimum.outer(radius, radius) > 0.0
    touch = np.where(have, np.add.outer(radius, radius), 0.0)
    away = np.sqrt(np.multiply.outer(spheres.repulsion, spheres.repulsion))
    back = np.sqrt(np.multiply.outer(spheres.adhesion, spheres.adhesion))
    cling = spheres.reach * touch
    span = np.where(back > 0.0, np.maximum(cling, touch), touch)
    with np.errstate(divide="ignore"):
        return np.stack([span, 1.0 / touch, 1.0 / cling, away, back])


@serial
def _push(  # type: ignore[no-untyped-def]
    first, last, position, kind, name, low, size, shape, start, order, moving, law, radius,
    velocity, touching, step, seed,
):  # fmt: skip
    """Write what all others do to the cells `first` to `last` of the sorted `position`.

    Without a `radius` of each all are as large as their kinds.
    """
    gap, rows = np.zeros(3), np.empty((MOST_ROWS, 2), np.int64)
    differ = radius.size > 0
    for i in range(first, last):
        x, y, z, own = position[i, 0], position[i, 1], position[i, 2], kind[i]
        vx, vy, vz, number = 0.0, 0.0, 0.0, 0
        farthest = law[_SPAN, own].max() ** 2
        for row in range(rows_around(position, i, low, size, shape, start, moving, rows)):
            for j in range(rows[row, 0], rows[row, 1]):
                dx, dy, dz = x - position[j, 0], y - position[j, 1], z - position[j, 2]
                square = dx * dx + dy * dy + dz * dz
                if square >= farthest or j == i:
                    continue
                other = kind[j]
                span, scale = law[_SPAN, own, other], 1.0
                if square >= span**2:
                    continue
                if differ:
                    scale = (radius[i] + radius[j]) * law[_TOUCH, own, other]
                    if square >= (span * scale) ** 2:
                        continue
                away, back = law[_AWAY, own, other], law[_BACK, own, other]
                if square == 0.0:
                    touch, force = 1.0, away - back
                    r = _apart(name[i], name[j], gap, moving, step, seed)
                    dx, dy, dz = gap[0], gap[1], gap[2]
                else:
                    r = np.sqrt(square)
                    far = r / scale if differ else r
                    touch = max(1.0 - far * law[_TOUCH, own, other], 0.0)
                    cling = max(1.0 - far * law[_CLING, own, other], 0.0)
                    force = away * touch * touch - back * cling * cling
                number += touch > 0.0
                share = force / r
                vx += share * dx
                vy += share * dy
                vz += share * dz
        velocity[order[i], 0], velocity[order[i], 1], velocity[order[i], 2] = vx, vy, vz
        touching[order[i]] = number


@in_place
def _apart(one, other, gap, moving, step, seed):  # type: ignore[no-untyped-def]
    """Give two cells in one place opposite ways, by the lots of the one of the lower name."""
    a, b, _, _ = draw(seed, min(one, other), step, PUSHING, 0)
    gap[0], gap[1], gap[2] = direction(a, b)
    square = 0.0
    for k in range(3):
        gap[k] = 0.0 if not moving[k] else gap[k] if one < other else -gap[k]
        square += gap[k] * gap[k]
    return np.sqrt(square)
