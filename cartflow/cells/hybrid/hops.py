"""Cells that hop from mesh cell to mesh cell, at the rates at which a density passes the faces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.cells.chance.philox import HOPPING, coarse, draw, uniform
from cartflow.cells.hybrid.neighbours import Neighbours
from cartflow.cells.movement.walk import Room, anywhere_in
from cartflow.cells.population import Population
from cartflow.core.compiling import serial
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """What cells that hop go by: a kind's numbers stand in a `row`, -1 for kinds that stay.

    `passed` (rows, neighbours) passes the faces, in mm3/day, and `out` (rows, ways, mesh cells)
    are the rates per day at which walls take cells up.
    """

    row: Array
    passed: Array
    out: Array


def hopped(
    cells: Population,
    room: Room,
    mesh: Neighbours,
    ways: Ways,
    days: Array,
    step: int,
    seed: int,
) -> Population:
    """Return the cells, each after `days` (cells) of hops; who was taken up is at -1 - way out.

    From mesh cell i a cell hops to j at the rate a / V_i, with what passes the face, a (see
    `Flows`): the chances are those of the finite volumes, exp(M dt), exactly. Who hopped is
    anywhere in its new mesh cell.
    """
    if not cells.size or not (ways.row >= 0).any():
        return cells
    place = cells.place.copy()
    shape = (mesh.start, mesh.to, mesh.volumes, ways.row, ways.passed, ways.out)

    def task(first: int, last: int) -> None:
        _hop(first, last, place, cells.kind, cells.name, *shape, days, step, seed)

    in_parts(task, cells.size, cells.size)
    moved = np.flatnonzero((place != cells.place) & (place >= 0))
    position = cells.position.copy()
    position[moved] = anywhere_in(room, place[moved], cells.name[moved], step, seed)
    return replace(cells, place=place, position=position)


@serial
def _hop(  # type: ignore[no-untyped-def]
    first, last, place, kind, name, start, to, volumes, row, passed, out, days, step, seed
):
    for i in range(first, last):
        own, left, number = row[kind[i]], days[i], 0
        if own < 0:
            continue
        while place[i] >= 0:
            here = place[i]
            total = 0.0
            for face in range(start[here], start[here + 1]):
                total += passed[own, face]
            for way in range(out.shape[1]):
                total += out[own, way, here] * volumes[here]
            if total <= 0.0:
                break
            a, b, c, _ = draw(seed, name[i], step, HOPPING, number)
            number += 1
            left += np.log(uniform(a, b)) * volumes[here] / total
            if left <= 0.0:
                break
            place[i] = _next(here, coarse(c) * total, start, to, volumes, passed[own], out[own])


@serial
def _next(here, mark, start, to, volumes, passed, out):  # type: ignore[no-untyped-def]
    """Return where a cell goes from mesh cell `here`, by a `mark` on what all ways sum to."""
    found = here
    for face in range(start[here], start[here + 1]):
        if passed[face] > 0.0:
            found = to[face]
            mark -= passed[face]
            if mark < 0.0:
                return found
    for way in range(out.shape[0]):
        if out[way, here] > 0.0:
            found = -1 - way
            mark -= out[way, here] * volumes[here]
            if mark < 0.0:
                return found
    return found
