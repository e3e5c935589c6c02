"""The faces between cells of unlike width, and what joins the cells that share a wide one's face.

The flux through the face of a wide cell onto narrow ones follows from the mean of these: taken
from each of them alone it would miss the gradient along the face, by which their centres lie off
the wide one's (Losasso, Fedkiw and Osher 2006). Written with differences of two cells, as
G (sum p_i (u_i - u_wide))^2 / 2, it is what plain faces exchange less G p_i p_j between the narrow
cells, so that the exchange stays symmetric and nothing is lost.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.connectivity import Connectivity, Hanging
from cartflow.geometries.graded.leaves import Leaves
from cartflow.geometries.voxels.faces import VoxelFaces

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
# Narrow cells at a wide one's face in three dimensions.
_MOST = 4


def graded_connectivity(faces: VoxelFaces, cells: Leaves, widths: Floats) -> Connectivity:
    """Return the interior `faces` of blocks of `widths` (n, axes), mm, with their `Hanging`."""
    inner = np.flatnonzero(~faces.exterior)
    owner, neighbour = faces.owner[inner], faces.neighbour[inner]
    axis, areas = faces.axis[inner], faces.areas[inner]
    near, far = 0.5 * widths[owner, axis], 0.5 * widths[neighbour, axis]
    joined, narrow = _joined(owner, neighbour, axis, cells.level)
    pairs = _pairs(joined, narrow, axis, areas, areas / (near + far))
    conductances, extra = _merged(owner, neighbour, areas / (near + far), pairs)
    number = extra.shape[1]
    own, other = np.concatenate([owner, extra[0]]), np.concatenate([neighbour, extra[1]])
    row = np.concatenate([axis, np.full(number, -1)])
    slots, turned = _arranged(own, other, row, len(widths))
    apart = np.full(number, 0.5 * float(widths.min()))
    near, far = np.concatenate([near, apart]), np.concatenate([far, apart])
    return Connectivity(
        faces=np.concatenate([inner, np.full(number, -1)]),
        owner=np.where(turned, other, own),
        neighbour=np.where(turned, own, other),
        areas=np.concatenate([areas, np.zeros(number)]),
        owner_distance=np.where(turned, far, near),
        neighbour_distance=np.where(turned, near, far),
        hanging=Hanging(
            conductances=conductances,
            joined=np.concatenate([joined, np.full(number, -1)]),
            sign=np.where(turned, -1, 1),
            slots=slots,
        ),
    )


def _joined(owner: Ints, neighbour: Ints, axis: Ints, level: Ints) -> tuple[Ints, Ints]:
    """Return the number of the wide cell's face that each face is part of, and the narrow cell.

    Both are -1 at faces between cells of one width.
    """
    step = level[owner] - level[neighbour]
    wide = np.where(step > 0, owner, neighbour)
    narrow = np.where(step > 0, neighbour, owner)
    key = (wide * 3 + axis) * 2 + (step > 0)
    hanging = step != 0
    joined = np.full(owner.size, -1)
    joined[hanging] = np.unique(key[hanging], return_inverse=True)[1]
    return joined, np.where(hanging, narrow, -1)


def _arranged(owner: Ints, neighbour: Ints, row: Ints, size: int) -> tuple[Ints, Flags]:
    """Return a slot for every face, and which of them is to be turned round.

    In a slot no cell owns two faces nor neighbours two. Faces along an axis keep its slot, 0 to 2
    (`row`, -1 for pairs without a face), as far as they fit; then come as many more as it takes.
    """
    slots, turned = np.full(owner.size, -1), np.zeros(owner.size, dtype=bool)
    taken = [np.zeros((2, size), dtype=bool) for _ in range(3)]
    for axis in range(3):
        # Faces between cells of one width come first, and always fit.
        here = np.flatnonzero(row == axis)
        first = np.zeros(owner.size, dtype=bool)
        first[here[np.unique(owner[here], return_index=True)[1]]] = True
        second = np.zeros(owner.size, dtype=bool)
        second[here[np.unique(neighbour[here], return_index=True)[1]]] = True
        fit = first & second
        slots[fit] = axis
        taken[axis][0, owner[fit]] = taken[axis][1, neighbour[fit]] = True
    for f in np.flatnonzero(slots < 0):
        slots[f], turned[f] = _first_free(taken, int(owner[f]), int(neighbour[f]), size)
    return slots, turned


def _first_free(taken: list[Flags], own: int, other: int, size: int) -> tuple[int, bool]:
    for slot in range(3, len(taken) + 1):
        if slot == len(taken):
            taken.append(np.zeros((2, size), dtype=bool))
        held = taken[slot]
        for low, high in ((own, other), (other, own)):
            if not (held[0, low] or held[1, high]):
                held[0, low] = held[1, high] = True
                return slot, low != own
    raise AssertionError


def _pairs(
    joined: Ints, narrow: Ints, axis: Ints, areas: Floats, conductances: Floats
) -> tuple[Ints, Floats]:
    """Return pairs of narrow cells at one wide face (3, n: both and the axis), and -G p_i p_j."""
    hanging = np.flatnonzero(joined >= 0)
    order = hanging[np.argsort(joined[hanging], kind="stable")]
    group = joined[order]
    groups = int(group[-1]) + 1 if group.size else 0
    begin = np.searchsorted(group, np.arange(groups))
    column = np.arange(group.size) - begin[group]
    cell = np.full((_MOST, groups), -1)
    share = np.zeros((_MOST, groups))
    cell[column, group] = narrow[order]
    share[column, group] = areas[order] / np.bincount(group, areas[order])[group]
    total = np.bincount(group, conductances[order], groups)
    direction = np.zeros(groups, dtype=np.int64)
    direction[group] = axis[order]
    found, weights = [], []
    for i, j in combinations(range(_MOST), 2):
        both = cell[j] >= 0
        low, high = np.minimum(cell[i], cell[j])[both], np.maximum(cell[i], cell[j])[both]
        found.append(np.stack([low, high, direction[both]]))
        weights.append(-(total * share[i] * share[j])[both])
    return np.concatenate(found, axis=1), np.concatenate(weights)


def _merged(
    owner: Ints, neighbour: Ints, plain: Floats, pairs: tuple[Ints, Floats]
) -> tuple[Floats, Ints]:
    """Return the conductances of all faces, then of the pairs that share none; and those pairs."""
    (low, high, axis), weights = pairs
    size = int(max(owner.max(initial=0), neighbour.max(initial=0))) + 1
    keys = np.minimum(owner, neighbour) * size + np.maximum(owner, neighbour)
    order = np.argsort(keys)
    wanted = low * size + high
    at = np.minimum(np.searchsorted(keys[order], wanted), keys.size - 1)
    shared = keys[order][at] == wanted
    conductances = plain.copy()
    np.add.at(conductances, order[at[shared]], weights[shared])
    rest = ~shared
    return np.concatenate([conductances, weights[rest]]), np.stack([low, high, axis])[:, rest]
