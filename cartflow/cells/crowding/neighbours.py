"""Rows of the cell lists around a cell, in which those near it are found."""

from __future__ import annotations

from cartflow.cells.crowding.bins import cube_of
from cartflow.core.compiling import serial

MOST_ROWS = 9


@serial
def rows_around(position, i, low, size, shape, start, moving, rows):  # type: ignore[no-untyped-def]
    """Write from where to where in the order of the lists cells near the cell `i` stand.

    They are `rows` (9, 2), one for each row of three cubes along z; return their number.
    """
    number = 0
    x = cube_of(position, i, 0, low, size, shape, moving)
    y = cube_of(position, i, 1, low, size, shape, moving)
    z = cube_of(position, i, 2, low, size, shape, moving)
    for p in range(max(x - 1, 0), min(x + 2, shape[0])):
        for q in range(max(y - 1, 0), min(y + 2, shape[1])):
            row = (p * shape[1] + q) * shape[2]
            rows[number, 0] = start[row + max(z - 1, 0)]
            rows[number, 1] = start[row + min(z + 2, shape[2])]
            number += 1
    return number
