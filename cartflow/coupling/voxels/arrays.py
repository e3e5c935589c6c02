"""What the compiled steps of a body and a tumour of few voxels read and write, as named arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.coupling.line.arrays import Body
from cartflow.coupling.line.ways import Ways
from cartflow.pde.voxels.laid_out import Fields, Kinetics

Array = np.ndarray


class Mesh(NamedTuple):
    """What every species would hold at density one, mm^3 (species, cells)."""

    held: Array


class Rates(NamedTuple):
    """Where the kinetics' rates and slopes are compiled, and of which species each reaction is.

    `driven` (pairs, 2) are the reactions and the species on which their rates depend.
    """

    rates: int
    slopes: int
    driven: Array


class Plan(NamedTuple):
    """The whole system: how fields move, react, and come and go between body and tissue.

    `body.egress` (products, cells) is in mm^3/day.
    """

    mesh: Mesh
    fields: Fields
    kinetics: Kinetics
    code: Rates
    body: Body


class Room(NamedTuple):
    """Arrays that a step writes, made once a run.

    `u` and `f` (species, cells) are a stage's densities and what it solves for, `k` (stages,
    species, cells) the stages; `body` (products, compartments) and `kb` those of the body.
    `events` (reactions, cells) are those of all stages by their shares. `local` (species, species,
    cells) holds the factors of each cell's matrix, `dense` with `ways` those of the body's.
    `arrived` (products, species, cells) is the tissue's answer to one cell a day handed over,
    `drained` (compartments,) the body's to one into the node; of the former `returned`
    (products, products) leaves again, and the `door`'s factors tell what comes `through` it. `now`,
    `left` and `freed` (products,) are what leaves at a stage, at all by their shares, and of what
    a stage solves for. `ahead` and `behind` (axes, cells) are each cell's neighbours. Of one block
    of cells at a time are `inside` (never negative), `rates`, `right` (species, block) and `slopes`
    (reactions x species, block); `flux` is that of no drift.
    """

    u: Array
    f: Array
    k: Array
    body: Array
    kb: Array
    events: Array
    local: Array
    dense: Array
    ways: Ways
    drained: Array
    arrived: Array
    door: Array
    door_pivots: Array
    through: Array
    returned: Array
    now: Array
    left: Array
    freed: Array
    ahead: Array
    behind: Array
    inside: Array
    rates: Array
    right: Array
    slopes: Array
    flux: Array
