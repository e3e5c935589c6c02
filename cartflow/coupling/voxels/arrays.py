"""What the compiled steps of a body and a tumour of few voxels read and write, as named arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.coupling.line.arrays import Body, Kinetics
from cartflow.coupling.line.ways import Ways
from cartflow.pde.voxels.laid_out import Fields

Array = np.ndarray


class Mesh(NamedTuple):
    """What every species would hold at density one, mm^3 (species, cells)."""

    held: Array


class Plan(NamedTuple):
    """The whole system: how fields move, react, and come and go between body and tissue.

    `body.egress` (products, cells) is in mm^3/day.
    """

    mesh: Mesh
    fields: Fields
    kinetics: Kinetics
    body: Body


class Room(NamedTuple):
    """Arrays that a step writes, made once a run.

    `u`, `inside` (never negative) and `f` (species, cells) are a stage's densities and their rates
    of change, `k` (stages, species, cells) the stages; `body` (products, compartments) and `kb`
    those of the body. `rates` (reactions, cells) are the events of a stage, `events` those of all
    by their shares, `slopes` (reactions x species, cells) derivatives. `local` (species, species,
    cells) holds the factors of each cell's matrix, `dense` with `ways` those of the body's.
    `arrived` (products, species, cells) is the tissue's answer to one cell a day handed over,
    `drained` (compartments,) the body's to one into the node; `door` (products, products) is what
    returns, and comes again. `left` (products,) is what leaves, by the stages' shares. `ahead` and
    `behind` (axes, cells) are each cell's neighbours.
    """

    u: Array
    inside: Array
    f: Array
    k: Array
    body: Array
    kb: Array
    rates: Array
    events: Array
    slopes: Array
    local: Array
    dense: Array
    ways: Ways
    drained: Array
    arrived: Array
    door: Array
    door_pivots: Array
    through: Array
    left: Array
    ahead: Array
    behind: Array
