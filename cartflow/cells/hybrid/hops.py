"""Cells that hop from mesh cell to mesh cell, at the rates at which a density passes the faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.cells.chance.philox import HOPPING, coarse, draw, uniform
from cartflow.cells.hybrid.neighbours import Neighbours
from cartflow.cells.movement.walk import Room, anywhere_in
from cartflow.cells.population import Population
from cartflow.core.compiling import serial
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray


def hopped(
    cells: Population,
    room: Room,
    mesh: Neighbours,
    diffusivity: Array,
    dt: float,
    step: int,
    seed: int,
) -> Population:
    """Return the cells after `dt` days of hops; kinds with a `diffusivity` (mm2/day) of 0 stay.

    From mesh cell i a cell hops to j at the rate D A / (d V_i), with the face's area A and the
    distance d of the centres: the chances are those of the finite volumes, exp(M dt), exactly. Who
    hopped is anywhere in its new mesh cell.
    """
    if not cells.size or not (diffusivity > 0.0).any():
        return cells
    place = cells.place.copy()
    shape = (mesh.start, mesh.to, mesh.passed, mesh.volumes)

    def task(first: int, last: int) -> None:
        _hop(first, last, place, cells.kind, cells.name, *shape, diffusivity, dt, step, seed)

    in_parts(task, cells.size, cells.size)
    moved = np.flatnonzero(place != cells.place)
    position = cells.position.copy()
    position[moved] = anywhere_in(room, place[moved], cells.name[moved], step, seed)
    return replace(cells, place=place, position=position)


@serial
def _hop(  # type: ignore[no-untyped-def]
    first, last, place, kind, name, start, to, passed, volumes, diffusivity, dt, step, seed
):
    for i in range(first, last):
        spread, left, number = diffusivity[kind[i]], dt, 0
        if spread <= 0.0:
            continue
        while True:
            here = place[i]
            total = 0.0
            for face in range(start[here], start[here + 1]):
                total += passed[face]
            if total <= 0.0:
                break
            a, b, c, _ = draw(seed, name[i], step, HOPPING, number)
            number += 1
            left += np.log(uniform(a, b)) * volumes[here] / (spread * total)
            if left <= 0.0:
                break
            mark = coarse(c) * total
            for face in range(start[here], start[here + 1]):
                place[i] = to[face]
                mark -= passed[face]
                if mark < 0.0:
                    break
