"""The faces of cells: which two cells share one, and which lie outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_kinds import KINDS

Ints = NDArray[np.int64]


def faces_of(cells: Ints, kinds: Ints) -> tuple[Ints, Ints]:
    """Return `faces` (faces, most) and `face_cells` (faces, 2) of cells (see `CellMesh`).

    Raises `InputError` where more than two cells share a face.
    """
    around, owner = _sides(cells, kinds)
    keys = face_keys(around)
    order = np.lexsort(keys.T[::-1])
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    first = np.flatnonzero(begins)
    shared = np.diff(np.append(first, len(order)))
    if shared.max(initial=1) > 2:
        at = owner[order[first[int(shared.argmax())]]]
        msg = f"{shared.max()} cells share one face, among them cell {at}; cells must not overlap"
        raise InputError(msg)
    own = order[first]
    other = order[np.minimum(first + 1, len(order) - 1)]
    face_cells = np.stack([owner[own], np.where(shared == 2, owner[other], -1)], axis=1)
    # The first cell of a face is the one with the lower number.
    swap = (face_cells[:, 1] >= 0) & (face_cells[:, 1] < face_cells[:, 0])
    face_cells[swap] = face_cells[swap][:, ::-1]
    return around[np.where(swap, other, own)], face_cells


def face_keys(around: Ints) -> Ints:
    """Return the sorted vertices of each face, by which it is known whoever lists it."""
    return np.sort(around, axis=1)


def _sides(cells: Ints, kinds: Ints) -> tuple[Ints, Ints]:
    """Return the faces of every cell by itself, and which cell that is, in the cells' order."""
    most = max(len(face) for kind in np.unique(kinds) for face in KINDS[int(kind)].faces)
    found, owners = [], []
    for number in np.unique(kinds):
        own = np.flatnonzero(kinds == number)
        for face in KINDS[int(number)].faces:
            side = np.full((own.size, most), -1)
            side[:, : len(face)] = cells[own][:, face]
            found.append(side)
            owners.append(own)
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(found)[order], owner[order]
