"""Who pays for whole cells: the densities nearest to where a fraction was made a whole, or none."""

from __future__ import annotations

import numpy as np

from cartflow.cells.hybrid.neighbours import Neighbours
from cartflow.core.compiling import serial

Array = np.ndarray


def charged(debts: Array, payers: Array, mesh: Neighbours) -> tuple[Array, float]:
    """Return who pays how much of the `debts` (mesh cells), in cells, and what nobody can pay.

    Each debt goes from neighbour to neighbour by the shortest ways to the `payers` (bool), at each
    step in proportion to the faces' conductances. What is paid and what is left sum to the debts.
    """
    paid = np.array(debts, dtype=float)
    if payers.any():
        _charge(paid, payers, mesh.start, mesh.to, mesh.passed)
    left = float(paid[~payers].sum())
    paid[~payers] = 0.0
    return paid, left


@serial
def _charge(debts, payers, start, to, passed):  # type: ignore[no-untyped-def]
    far = np.full(debts.size, -1, np.int64)
    queue = np.empty(debts.size, np.int64)
    waiting = 0
    for i in range(debts.size):
        if payers[i]:
            far[i] = 0
            queue[waiting] = i
            waiting += 1
    first, done = waiting, 0
    while done < waiting:
        here = queue[done]
        done += 1
        for face in range(start[here], start[here + 1]):
            if far[to[face]] < 0:
                far[to[face]] = far[here] + 1
                queue[waiting] = to[face]
                waiting += 1
    for number in range(waiting - 1, first - 1, -1):
        here = queue[number]
        total = 0.0
        for face in range(start[here], start[here + 1]):
            if far[to[face]] == far[here] - 1:
                total += passed[face]
        for face in range(start[here], start[here + 1]):
            if far[to[face]] == far[here] - 1:
                debts[to[face]] += debts[here] * passed[face] / total
        debts[here] = 0.0
