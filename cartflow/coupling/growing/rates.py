"""The rates of everything in a body and a tumour that grows, as one system of equations.

Unknown are densities of every species, counted per mm^3 of tissue as it was at the start
(species, cells), the expansion (volume now over that at the start) and the body's cells. Mesh
cells keep their share of the volume, so that what moves with the tissue passes their faces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.coupling.growing.arrays import Arrays
from cartflow.coupling.growing.faces import Passing, passing
from cartflow.coupling.line.transport import add_transport

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """Where the system stands: `start` densities (S, C), `expansion`, and `body` (K, P)."""

    start: Array
    expansion: float
    body: Array

    @classmethod
    def of(cls, unknowns: Array, arrays: Arrays) -> Point:
        """Return the point of a vector of all unknowns."""
        species, cells = arrays.shape
        n = arrays.expansion
        return cls(
            start=np.ascontiguousarray(unknowns[:n].reshape(cells, species).T),
            expansion=float(unknowns[n]),
            body=unknowns[n + 1 :].reshape(arrays.products.size, len(arrays.body)).T,
        )

    @property
    def now(self) -> Array:
        """The densities per mm^3 of tissue as it is (solutes: of pore fluid)."""
        return self.start / self.expansion

    def vector(self) -> Array:
        """Return all unknowns in one vector: cell by cell, the expansion, product by product."""
        return np.concatenate([self.start.T.ravel(), [self.expansion], self.body.T.ravel()])


@dataclass(frozen=True, kw_only=True, eq=False)
class Rates:
    """Amounts a day: `made` (S, C) before the tissue moves, `grown` (C,) mm^3, and what else is.

    `moved` (faces,) is the tissue, mm^3 a day, that passes the faces of the mesh outwards as
    `passed` (S, faces; amounts per mm^3) says, by the way that `passing` is. `events` (R, C),
    `out` of each crossing's entries and `left` (P,) by lymph are counted; `change` is that of all
    unknowns.
    """

    made: Array
    grown: Array
    moved: Array
    passed: Array
    passing: Passing
    events: Array
    entered: Array
    out: Array
    left: Array
    change: Array


def rates(arrays: Arrays, point: Point, supply: Array) -> Rates:
    """Return the rates at a point; `supply` (K, P; cells a day) goes into the body."""
    now, expansion = point.now, point.expansion
    events = events_at(arrays, now) * arrays.volumes * expansion
    made = arrays.network.stoichiometry @ events + transported(arrays, now, expansion)
    enters, leaves = arrays.crossings.strengths(expansion)
    crossings = arrays.crossings
    out = leaves * now[crossings.species, crossings.cell]
    np.add.at(made, (crossings.species, crossings.cell), enters - out)
    lymph = arrays.egress * arrays.volumes * point.start[arrays.products]
    left = lymph.sum(axis=1)
    ways = arrays.body + (expansion - 1.0) * arrays.vessels
    body = ways @ point.body + supply
    body[arrays.node] += left
    handed = ways[arrays.handed] @ point.body
    made[arrays.products] += np.outer(handed, arrays.arrival) - lymph
    made += arrays.infusion
    grown = arrays.growth.room @ made
    moved = np.cumsum(grown)[:-1] - arrays.shares * grown.sum()
    # In amounts per mm^3 of tissue: solutes are carried in their pores.
    amounts = now * arrays.held / arrays.volumes
    way = passing(amounts, moved, arrays.mesh, arrays.growth.room)
    passed = way.through(amounts)
    kept = made.copy()
    kept[:, :-1] -= moved * passed
    kept[:, 1:] += moved * passed
    change = Point(
        start=kept / arrays.held,
        expansion=grown.sum() / arrays.volumes.sum(),
        body=body,
    )
    return Rates(
        made=made,
        grown=grown,
        moved=moved,
        passed=passed,
        passing=way,
        events=events,
        entered=enters,
        out=out,
        left=left,
        change=change.vector(),
    )


def events_at(arrays: Arrays, now: Array) -> Array:
    """Return the events of all reactions per mm^3 of tissue and day, (R, C)."""
    # A stage may dip below zero, where roots and powers have no value.
    return np.asarray(arrays.network.rates(np.maximum(now, 0.0)) * arrays.weights)


def transported(arrays: Arrays, now: Array, expansion: float) -> Array:
    """Return what diffusion and drift bring to each mesh cell, amounts a day (S, C)."""
    mesh = arrays.stretched(arrays.mesh, expansion)
    found = np.zeros_like(now)
    add_transport(mesh, arrays.drift, now, found, np.zeros(now.shape[1] + 1))
    return np.asarray(found * mesh.volumes)
