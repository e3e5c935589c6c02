"""What the compiled loops of a body and a tumour on a line read, as named arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Array = np.ndarray


class Mesh(NamedTuple):
    """Cells of a line, and what is held, exchanged, gained and lost there.

    `storage`, `gain` (amount/mm3/day) and `loss` (1/day) are per species and cell, `exchange`
    = A D/d (mm3/day) per species and interior face; face f stands between the cells f and f + 1,
    `before` and `after` (mm) from their centres. `held` = storage x volume.
    """

    volumes: Array
    areas: Array
    before: Array
    after: Array
    storage: Array
    held: Array
    exchange: Array
    gain: Array
    loss: Array


class Drift(NamedTuple):
    """Chemotaxis per species: the attractant's place or -1, the law's, and its numbers."""

    attractant: Array
    law: Array
    sensitivity: Array
    half_saturation: Array
    ceiling: Array


class Kinetics(NamedTuple):
    """Where rates and slopes are compiled, their parameters, and what reactions change.

    `weight` (reactions, cells) turns a rate into events per mm3 of tissue; `driven` (pairs, 2)
    are the reactions and the species on which their rates depend.
    """

    rates: int
    slopes: int
    parameters: Array
    stoichiometry: Array
    weight: Array
    driven: Array


class Body(NamedTuple):
    """The organ network, and the door between it and the mesh.

    `rates` (compartments, compartments; 1/day), the `links` (ways, 2) where there are any, and
    `onward` (compartments,), what of them goes into the tumour. `products` are the species'
    places; `arrival` (1/mm3) is where one cell that is handed over arrives, `egress` (products,
    cells; 1/day) what returns to compartment `node`.
    """

    rates: Array
    links: Array
    onward: Array
    products: Array
    arrival: Array
    egress: Array
    node: int


class Crossings(NamedTuple):
    """Boundaries and regions one by one: their species, and whether both ways are `apart`.

    Entry e of crossing `place[e]` lets in `gain[e]` and out `loss[e]` x density of cell `cell[e]`
    (amount/day and mm3/day).
    """

    species: Array
    apart: Array
    place: Array
    cell: Array
    gain: Array
    loss: Array


class Plan(NamedTuple):
    """The whole system."""

    mesh: Mesh
    drift: Drift
    kinetics: Kinetics
    body: Body
    crossings: Crossings
