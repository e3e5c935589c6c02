"""Room for the stages of a step, made once a run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import fused_in_place, in_place
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.band import columns
from cartflow.coupling.line.ways import Ways, ways_of

Array = np.ndarray

# So many steps lie between looks at signals, and fewer where these take longer.
PAUSE = 200
_UNKNOWNS = 100


class Room(NamedTuple):
    """Arrays that the stages write.

    `u`, `inside` (never negative) and `f` (species, cells) are a stage's densities and their rates
    of change, `k` (stages, species, cells) the stages; `x` (cells x species) is a right-hand
    side, then its solution. `body` (products, compartments) and `kb` are the same of the body;
    `rates` (stages, reactions, cells) are the events of the stages, `slopes` (reactions x
    species, cells) are derivatives. `left` (stages, products) and `crossed` (stages, entries of
    crossings) are egress and what goes out, per day, `across` (faces, ends too) flows. `weights`
    (stages,) are those of a state within a step, `shares` those of what is counted. `band` with
    `pivots`, `scale` and `reach` holds the factors of the mesh's matrix, whose rows are scaled by
    their species' `units`, found from its largest `entries`, the `largest` between two; `dense`
    with `ways` those of the body's. `arrived` (products, cells x species) is the mesh's answer to
    one cell a day handed over, `drained` (compartments,) the body's to one into the node; `door`
    (products, products) is what returns, and comes again. `ahead` and `behind` (1, cells) are each
    cell's neighbours, `steps` (days) those that were taken last.
    """

    u: Array
    inside: Array
    f: Array
    k: Array
    x: Array
    band: Array
    pivots: Array
    scale: Array
    reach: Array
    entries: Array
    largest: Array
    units: Array
    rates: Array
    slopes: Array
    body: Array
    kb: Array
    dense: Array
    ways: Ways
    drained: Array
    arrived: Array
    door: Array
    door_pivots: Array
    through: Array
    left: Array
    crossed: Array
    across: Array
    weights: Array
    shares: Array
    ahead: Array
    behind: Array
    steps: Array


def _width(plan: Plan) -> int:
    """Return how far from its diagonal the matrix of the mesh reaches."""
    species = len(plan.mesh.storage)
    return (2 if (plan.drift.attractant >= 0).any() else 1) * species


def room(plan: Plan, stages: int, kind: type = float) -> Room:
    """Return room for a method of so many `stages`, for numbers of a `kind`."""

    def zeros(*shape: int) -> Array:
        return np.zeros(shape, dtype=kind)

    species, cells = plan.mesh.storage.shape
    reactions = max(plan.kinetics.stoichiometry.shape[1], 1)
    products, compartments = plan.body.products.size, len(plan.body.rates)
    size = species * cells
    return Room(
        u=zeros(species, cells),
        inside=zeros(species, cells),
        f=zeros(species, cells),
        k=zeros(stages, species, cells),
        x=zeros(size),
        band=zeros(size, columns(_width(plan))),
        pivots=np.zeros(size, dtype=np.int64),
        scale=zeros(size),
        reach=np.zeros(size, dtype=np.int64),
        # Never dual numbers, as they are compared.
        entries=np.zeros((species, columns(_width(plan)))),
        largest=np.zeros((species, species)),
        units=np.zeros(species),
        rates=zeros(stages, reactions, cells),
        slopes=zeros(reactions * species, cells),
        body=zeros(products, compartments),
        kb=zeros(stages, products, compartments),
        dense=zeros(compartments, compartments),
        ways=ways_of(plan.body.links, compartments),
        drained=zeros(compartments),
        arrived=zeros(products, size),
        door=zeros(products, products),
        door_pivots=np.zeros(products, dtype=np.int64),
        through=zeros(products),
        left=zeros(stages, products),
        crossed=zeros(stages, plan.crossings.place.size),
        across=zeros(cells + 1),
        weights=np.zeros(stages),
        shares=np.zeros(stages),
        ahead=np.minimum(np.arange(1, cells + 1), cells - 1)[None],
        behind=np.maximum(np.arange(-1, cells - 1), 0)[None],
        steps=np.zeros(max(min(PAUSE, PAUSE * _UNKNOWNS // size), 1)),
    )


@in_place
def copy_all(values: Array, out: Array) -> None:
    """Write `values` to `out`, of the same shape."""
    for q in range(out.size):
        out.flat[q] = values.flat[q]


@fused_in_place
def combined(weights: Array, stages: int, u: Array, body: Array, w: Room) -> None:
    """Write the state plus the weighted stages to `w.u` and `w.body`."""
    for s in range(u.shape[0]):
        for c in range(u.shape[1]):
            w.u[s, c] = u[s, c]
    for p in range(body.shape[0]):
        for k in range(body.shape[1]):
            w.body[p, k] = body[p, k]
    for j in range(stages):
        weight = weights[j]
        if weight != 0.0:
            for s in range(u.shape[0]):
                for c in range(u.shape[1]):
                    w.u[s, c] += weight * w.k[j, s, c]
            for p in range(body.shape[0]):
                for k in range(body.shape[1]):
                    w.body[p, k] += weight * w.kb[j, p, k]
