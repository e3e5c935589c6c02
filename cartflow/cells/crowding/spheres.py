"""Cells as spheres that overlap, push one another apart, and may cling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.cells.chance.philox import PUSHING, direction, draw
from cartflow.cells.crowding.bins import Bins
from cartflow.cells.crowding.neighbours import MOST_ROWS, rows_around
from cartflow.core.compiling import serial
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
) -> tuple[Array, Array]:
    """Return velocities (n, 3) in mm/day, and how many others overlap each cell.

    Sums are taken in the order of the lists, whichever thread takes them.
    """
    velocity, touching = np.zeros_like(position), np.zeros(len(position), dtype=np.int32)
    cells = (position[bins.order], kind[bins.order], name[bins.order])
    lists = (bins.low, bins.size, bins.shape, bins.start, bins.order, moving)
    law = (spheres.radius, spheres.repulsion, spheres.adhesion, spheres.reach)

    def task(first: int, last: int) -> None:
        _push(first, last, *cells, *lists, *law, velocity, touching, step, seed)

    in_parts(task, len(position), len(position))
    return velocity, touching


@serial
def _push(  # type: ignore[no-untyped-def]
    first, last, position, kind, name, low, size, shape, start, order, moving, radius, repulsion,
    adhesion, reach, velocity, touching, step, seed,
):  # fmt: skip
    """Write what all others do to the cells `first` to `last` of the sorted `position`."""
    v, gap, rows = np.zeros(3), np.zeros(3), np.empty((MOST_ROWS, 2), np.int64)
    for i in range(first, last):
        own = radius[kind[i]]
        if own <= 0.0:
            continue
        v[:] = 0.0
        number = 0
        for row in range(rows_around(position, i, low, size, shape, start, moving, rows)):
            for j in range(rows[row, 0], rows[row, 1]):
                other = radius[kind[j]]
                if j == i or other <= 0.0:
                    continue
                square = 0.0
                for a in range(3):
                    gap[a] = position[i, a] - position[j, a] if moving[a] else 0.0
                    square += gap[a] * gap[a]
                touch = own + other
                span = touch * reach
                if square >= span * span:
                    continue
                away = np.sqrt(repulsion[kind[i]] * repulsion[kind[j]])
                back = np.sqrt(adhesion[kind[i]] * adhesion[kind[j]])
                r = np.sqrt(square)
                if r == 0.0:
                    r = _apart(name[i], name[j], gap, moving, step, seed)
                    force = away - back
                else:
                    force = -back * (1.0 - r / span) ** 2
                    if r < touch:
                        force += away * (1.0 - r / touch) ** 2
                number += square < touch * touch
                for a in range(3):
                    v[a] += force * gap[a] / r
        for a in range(3):
            velocity[order[i], a] = v[a]
        touching[order[i]] = number


@serial
def _apart(one, other, gap, moving, step, seed):  # type: ignore[no-untyped-def]
    """Give two cells in one place opposite ways, by the lots of the one of the lower name."""
    a, b, _, _ = draw(seed, min(one, other), step, PUSHING, 0)
    gap[0], gap[1], gap[2] = direction(a, b)
    square = 0.0
    for k in range(3):
        gap[k] = 0.0 if not moving[k] else gap[k] if one < other else -gap[k]
        square += gap[k] * gap[k]
    return np.sqrt(square)
