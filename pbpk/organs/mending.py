"""Compiled repair of values a rounding below zero, that loses no cell and no event."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import in_place
from cartflow.pbpk.organs.arrays import Sizes, System

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


@in_place
def _negative(z: Array, lane: int, limit: Array) -> tuple[bool, bool]:
    """Return whether a lane has negative values, and whether all are within `limit` of zero."""
    found, small = False, True
    for row in range(len(z)):
        if z[row, lane] < 0.0:
            found = True
            small = small and -z[row, lane] <= limit[row]
    return found, small


@in_place
def _mend_travellers(z: Array, lane: int, first: int, last: int) -> bool:
    """Take what is negative of one species from its other compartments, in proportion."""
    total = held = 0.0
    for row in range(first, last):
        total += z[row, lane]
        held += max(z[row, lane], 0.0)
    for row in range(first, last):
        z[row, lane] = max(z[row, lane], 0.0) * (total / held) if held > 0.0 else 0.0
    return total >= 0.0


@in_place
def _mend_local(
    z: Array, events: Array, lane: int, row: int, effects: Places, factors: Array
) -> bool:
    """Take back as many events as used up too much of what stays in a row of the state."""
    most, chosen, taken = 0.0, -1, 0.0
    for e in range(len(effects)):
        used = -factors[e, lane] * events[effects[e, 1], lane]
        if effects[e, 0] == row and used > most:
            most, chosen = used, effects[e, 1]
            taken = z[row, lane] / factors[e, lane]
    if chosen < 0:
        return False
    events[chosen, lane] -= taken
    for e in range(len(effects)):
        if effects[e, 1] == chosen:
            z[effects[e, 0], lane] -= factors[e, lane] * taken
    z[row, lane] = 0.0
    return True


@in_place
def mended(z: Array, events: Array, lane: int, limit: Array, sizes: Sizes, system: System) -> bool:
    """Make a lane non-negative without losing a cell; return whether that could be done."""
    if not _negative(z, lane, limit)[1]:
        return False
    effects, factors, count = system.effects, system.factors, sizes.compartments
    groups = system.groups
    last = groups[0, 0] if len(groups) > 0 else len(z)
    for row in range(sizes.phenotypes * count, last):
        if z[row, lane] < 0.0 and not _mend_local(z, events, lane, row, effects, factors):
            return False
    for p in range(sizes.phenotypes):
        if not _mend_travellers(z, lane, p * count, (p + 1) * count):
            return False
    for group in range(len(groups)):
        if not _mend_travellers(z, lane, groups[group, 0], groups[group, 1]):
            return False
    return not _negative(z, lane, limit)[0]
