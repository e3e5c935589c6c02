"""The Jacobian of a body and a tumour that grows: exact but for the limits of what passes faces.

Sums that stay (product cells with their accounts, the filled volume) do so by the Jacobian too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.coupling.growing.arrays import Arrays
from cartflow.coupling.growing.rates import Point, Rates, transported
from cartflow.coupling.line.band import columns, width_of
from cartflow.coupling.line.transport import enter_transport

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Slopes:
    """Derivatives of a point's rates: `matrix` (n, n) of all unknowns, and what counts are of.

    `events` (R, S, C) are those of events to densities now, `enters` and `leaves` those of what
    crossings let in and out per density to the expansion.
    """

    matrix: Array
    events: Array
    enters: Array
    leaves: Array


def slopes(arrays: Arrays, point: Point, found: Rates) -> Slopes:
    """Return the derivatives at a `point` whose rates were `found`."""
    species, cells = arrays.shape
    n, size, now, expansion = arrays.expansion, arrays.size, point.now, point.expansion
    weighed = arrays.weights * arrays.volumes * expansion
    events = arrays.network.jacobian(np.maximum(now, 0.0)) * weighed[:, None]
    enters, leaves = arrays.crossings.moved_by(expansion)
    by_now = _transport(arrays, now, expansion)
    block = np.einsum("sr,rtc->cst", arrays.network.stoichiometry, events)
    crossings = arrays.crossings
    out = arrays.crossings.strengths(expansion)[1]
    np.subtract.at(block, (crossings.cell, crossings.species, crossings.species), out)
    lymph = arrays.egress * arrays.volumes
    for p, s in enumerate(arrays.products):
        block[:, s, s] -= lymph[p] * expansion
    for c in range(cells):
        own = slice(c * species, (c + 1) * species)
        by_now[own, own] += block[c]
    made = np.zeros((n, size))
    made[:, :n] = by_now / expansion
    made[:, n] = -by_now @ now.T.ravel() / expansion + _stretching(
        arrays, point, found, enters, leaves
    )
    ways = arrays.body + (expansion - 1.0) * arrays.vessels
    _handed(arrays, point, ways, made)
    matrix = np.zeros((size, size))
    _moving(arrays, point, found, made, matrix)
    _body(arrays, point, ways, matrix)
    return Slopes(matrix=matrix, events=events, enters=enters, leaves=leaves)


def _transport(arrays: Arrays, now: Array, expansion: float) -> Array:
    """Return the derivatives of what transport brings (amounts a day) to densities now, (n, n)."""
    species = len(now)
    n, width = now.size, 3 * species
    band = np.zeros((n, columns(width)))
    enter_transport(arrays.stretched(arrays.closed, expansion), arrays.drift, now, band)
    assert width_of(band) == width
    found = np.zeros((n, n))
    rows = np.arange(n)
    for k in range(2 * width + 1):
        column = rows + k - width
        inside = (column >= 0) & (column < n)
        found[rows[inside], column[inside]] = band[rows[inside], k]
    return found


def _stretching(arrays: Arrays, point: Point, found: Rates, enters: Array, leaves: Array) -> Array:
    """Return how what is made changes with the expansion where densities stay, cell by cell."""
    crossings, now = arrays.crossings, point.now
    made = arrays.network.stoichiometry @ found.events / point.expansion
    lymph = arrays.egress * arrays.volumes * now[arrays.products]
    made[arrays.products] -= lymph
    there = now[crossings.species, crossings.cell]
    np.add.at(made, (crossings.species, crossings.cell), enters - leaves * there)
    made[arrays.products] += np.outer(arrays.vessels[arrays.handed] @ point.body, arrays.arrival)
    # Areas over distances go with the volume to this power; a ceiling on speed does not.
    power = 1.0 - 2.0 / arrays.growth.dimensions
    made += power / point.expansion * transported(arrays, now, point.expansion)
    return np.asarray(made.T.ravel())


def _handed(arrays: Arrays, point: Point, ways: Array, made: Array) -> None:
    """Enter what the vessels hand over, by the body's cells."""
    species, first, count = arrays.shape[0], arrays.expansion + 1, len(arrays.body)
    for p, s in enumerate(arrays.products):
        own = slice(first + p * count, first + (p + 1) * count)
        made[s::species, own] += np.outer(arrays.arrival, ways[arrays.handed])


def _moving(arrays: Arrays, point: Point, found: Rates, made: Array, matrix: Array) -> None:
    """Enter what is made, and what the tissue takes along over the faces, into `matrix`."""
    (species, cells), n = arrays.shape, arrays.expansion
    size = arrays.size
    of_cells = made.reshape(cells, species, size)
    grown = np.einsum("s,csn->cn", arrays.growth.room, of_cells)
    total = grown.sum(axis=0)
    moved = np.cumsum(grown, axis=0)[:-1] - arrays.shares[:, None] * total
    rows = of_cells.copy()
    way, faces = found.passing, np.arange(cells - 1)
    stored = arrays.held / arrays.volumes
    for s in range(species):
        # By how much moves, and by what is there.
        flow = found.passed[s][:, None] * moved
        for cell, share in ((way.near, 1.0 - way.share[s]), (way.beyond, way.share[s])):
            carried = found.moved * share * stored[s, cell]
            flow[faces, cell * species + s] += carried / point.expansion
            flow[:, n] -= carried * point.now[s, cell] / point.expansion
        rows[:-1, s] -= flow
        rows[1:, s] += flow
    matrix[:n] = rows.reshape(n, size) / arrays.held.T.ravel()[:, None]
    matrix[n] = total / arrays.volumes.sum()


def _body(arrays: Arrays, point: Point, ways: Array, matrix: Array) -> None:
    """Enter the body's rows, with what the tumour's lymph brings."""
    species, n, count = arrays.shape[0], arrays.expansion, len(arrays.body)
    for p, s in enumerate(arrays.products):
        first = n + 1 + p * count
        own = slice(first, first + count)
        matrix[own, own] = ways
        matrix[own, n] = arrays.vessels @ point.body[:, p]
        matrix[first + arrays.node, s:n:species] += arrays.egress[p] * arrays.volumes
