"""Faces in slots, in each of which no cell owns two faces nor neighbours two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots:
    """The slot of every face, and which faces change owner and neighbour for it."""

    slots: Ints
    turned: NDArray[np.bool_]


def slots_of(owner: Ints, neighbour: Ints, size: int) -> Slots:
    """Return slots of the faces between `owner` and `neighbour`, of `size` cells.

    Tetrahedra take about three slots, hexahedra four.
    """
    # One bit a slot, of those in which a cell owns a face and neighbours one.
    owning, beside = [0] * size, [0] * size
    slots, turned = [], []
    for own, other in zip(owner.tolist(), neighbour.tolist(), strict=True):
        forth, back = ~(owning[own] | beside[other]), ~(owning[other] | beside[own])
        bit = min(forth & -forth, back & -back)
        turn = not forth & bit
        first, second = (other, own) if turn else (own, other)
        owning[first] |= bit
        beside[second] |= bit
        slots.append(bit.bit_length() - 1)
        turned.append(turn)
    return Slots(slots=np.array(slots, dtype=np.int64), turned=np.array(turned, dtype=bool))
