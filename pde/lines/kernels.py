"""Compiled loops over the cells of a line: a slab's layers, a ball's shells.

Arrays are (species, cells) or (species, faces); face f stands between the cells f and f + 1.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.dual import ratio

Array = np.ndarray


@serial
def limited_with_slopes(
    far: float, near: float, beyond: float
) -> tuple[float, float, float, float]:
    """Return the value at a face from the upwind side, and its derivatives to far, near, beyond.

    near + a^2 b^2 / (|a|^3 + |b|^3), with the sign of the slopes a and b on both sides of the
    upwind cell where they have one: second order where they agree, and unlike van Leer's
    harmonic mean without a corner where one of them vanishes. They may be dual numbers.
    """
    a, b = near - far, beyond - near
    if a.real * b.real <= 0.0:
        return near, 0.0, 1.0, 0.0
    steeper_behind = abs(a.real) >= abs(b.real)
    large, r = (a, ratio(b, a)) if steeper_behind else (b, ratio(a, b))
    over = ratio(1.0, 1.0 + r * r * r)
    share = r * r * over
    slope = r * (2.0 - r * r * r) * over * over
    rest = share - r * slope
    da, db = (rest, slope) if steeper_behind else (slope, rest)
    return near + large * share, -da, 1.0 + da - db, db


@serial
def limited(far: float, near: float, beyond: float) -> float:
    """Return the value at a face from the upwind side (see `limited_with_slopes`)."""
    a, b = near - far, beyond - near
    if a * b <= 0.0:
        return near
    large, r = (a, b / a) if abs(a) >= abs(b) else (b, a / b)
    return near + large * r * r / (1.0 + r * r * r)


@serial
def face_value(u: Array, f: int, flow: float) -> float:
    """Return the upwind value at face f; first order beside the ends of the line."""
    last = u.size - 1
    if flow >= 0.0:
        return u[f] if f == 0 else limited(u[f - 1], u[f], u[f + 1])
    return u[f + 1] if f + 1 == last else limited(u[f + 2], u[f + 1], u[f])


@serial
def add_transport(u: Array, exchange: Array, flow: Array, volumes: Array, out: Array) -> None:
    """Add div(D grad u - v u) to `out`; `exchange` = A D/d and `flow` = A v in mm^3/day."""
    for s in range(u.shape[0]):
        for f in range(u.shape[1] - 1):
            across = exchange[s, f] * (u[s, f] - u[s, f + 1])
            if flow[s, f] != 0.0:
                across += flow[s, f] * face_value(u[s], f, flow[s, f])
            out[s, f] -= across / volumes[f]
            out[s, f + 1] += across / volumes[f + 1]


@serial
def inverse(matrix: Array, out: Array) -> None:
    """Write the inverse of a small matrix to `out`, by elimination with partial pivoting.

    Rows are first scaled to largest entries of one, since species differ in their amounts: a
    species without the others would else get the rounding of theirs. A singular matrix leaves
    infinities or nan.
    """
    n = matrix.shape[0]
    out[:, :] = 0.0
    for i in range(n):
        largest = abs(matrix[i, i])
        for j in range(n):
            largest = max(largest, abs(matrix[i, j]))
        out[i, i] = 1.0 / largest
        for j in range(n):
            matrix[i, j] *= out[i, i]
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(matrix[i, k]) > 1.000001 * abs(matrix[p, k]):
                p = i
        if p != k:
            for j in range(n):
                matrix[k, j], matrix[p, j] = matrix[p, j], matrix[k, j]
                out[k, j], out[p, j] = out[p, j], out[k, j]
        pivot = 1.0 / matrix[k, k]
        for j in range(n):
            matrix[k, j] *= pivot
            out[k, j] *= pivot
        for i in range(n):
            factor = matrix[i, k]
            if i != k and factor != 0.0:
                for j in range(n):
                    matrix[i, j] -= factor * matrix[k, j]
                    out[i, j] -= factor * out[k, j]


@serial
def factorise(
    step: float,
    exchange: Array,
    flow: Array,
    volumes: Array,
    storage: Array,
    loss: Array,
    reaction: Array,
    blocks: Array,
    below: Array,
    above: Array,
) -> None:
    """Eliminate the block-tridiagonal matrix 1 - step A from the first cell to the last.

    A is the derivative with respect to the amounts, with upwind drift; `reaction` (cells,
    species, species) is its local part. `blocks` gets the inverses of the eliminated diagonal
    blocks, `below` and `above` (species, cells) what couples a cell to the one before and after.
    """
    species, cells = storage.shape
    work = np.empty((species, species))
    for c in range(cells):
        for i in range(species):
            for j in range(species):
                work[i, j] = -step * reaction[c, i, j]
            out = loss[i, c] * volumes[c]
            below[i, c] = above[i, c] = 0.0
            if c > 0:
                out += exchange[i, c - 1] - min(flow[i, c - 1], 0.0)
                into = exchange[i, c - 1] + max(flow[i, c - 1], 0.0)
                below[i, c] = -step * into / (volumes[c] * storage[i, c - 1])
            if c + 1 < cells:
                out += exchange[i, c] + max(flow[i, c], 0.0)
                into = exchange[i, c] - min(flow[i, c], 0.0)
                above[i, c] = -step * into / (volumes[c] * storage[i, c + 1])
            work[i, i] += 1.0 + step * out / (volumes[c] * storage[i, c])
        if c > 0:
            for i in range(species):
                for j in range(species):
                    work[i, j] -= below[i, c] * blocks[c - 1, i, j] * above[j, c - 1]
        inverse(work, blocks[c])


@serial
def solve(blocks: Array, below: Array, above: Array, right: Array, out: Array) -> None:
    """Solve with the factors of `factorise`; `right` and `out` are (species, cells)."""
    species, cells = right.shape
    y = np.empty(species)
    for c in range(cells):
        for i in range(species):
            y[i] = right[i, c]
            if c > 0:
                y[i] -= below[i, c] * out[i, c - 1]
        for i in range(species):
            total = 0.0
            for j in range(species):
                total += blocks[c, i, j] * y[j]
            out[i, c] = total
    for c in range(cells - 2, -1, -1):
        for i in range(species):
            total = 0.0
            for j in range(species):
                total += blocks[c, i, j] * above[j, c] * out[j, c + 1]
            out[i, c] -= total


@serial
def local_jacobian(stoichiometry: Array, derivatives: Array, out: Array) -> None:
    """Write S dr/da to `out` (cells, species, species) from (reactions x species, cells)."""
    species, reactions = stoichiometry.shape
    out[:, :, :] = 0.0
    for r in range(reactions):
        for i in range(species):
            if stoichiometry[i, r] != 0.0:
                for j in range(species):
                    for c in range(out.shape[0]):
                        out[c, i, j] += stoichiometry[i, r] * derivatives[r * species + j, c]


@serial
def add_directional(derivatives: Array, step: float, direction: Array, out: Array) -> None:
    """Add step (dr/da) direction to `out` (reactions, cells)."""
    species, cells = direction.shape
    for r in range(out.shape[0]):
        for j in range(species):
            for c in range(cells):
                out[r, c] += step * derivatives[r * species + j, c] * direction[j, c]
