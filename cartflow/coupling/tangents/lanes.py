"""Room for the slopes of a step's stages to many numbers, which are the last axis of all arrays.

They are padded to whole lanes (`cartflow.core.rows`), so that a processor's vectors hold several
of them, and a step's matrix is read once for all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import fused_in_place
from cartflow.core.rows import whole
from cartflow.coupling.line.arrays import Plan

Array = np.ndarray


class Bend(NamedTuple):
    """Drift at the start of a step, by species and face: what its slopes in state need.

    Speed and value at the face with their first derivatives (to the attractant on both sides; to
    the cells `far`, `near` and `beyond`), the speed's second derivatives, and those of the value:
    `bent` times e e', e being its direction in (far, near, beyond).
    """

    v: Array
    by_one: Array
    by_two: Array
    one_one: Array
    one_two: Array
    two_two: Array
    value: Array
    by_far: Array
    by_near: Array
    by_beyond: Array
    bent: Array
    e_far: Array
    e_near: Array
    e_beyond: Array
    far: Array
    near: Array
    beyond: Array


class Flow(NamedTuple):
    """What drifts over each face in a stage, and how it hangs on the state's slopes.

    `factors` (faces, 10) belong to the slopes of a stage's densities, then to those of the
    start's, at `rows` (faces, 10) of the unknowns. `here` is the flow of the stage's state, `more`
    that of the stage by the start's derivatives, and `free` what of both a ceiling of the speed
    does not hold; `value` is the density at the face, `moved` what the stage adds.
    """

    factors: Array
    rows: Array
    here: Array
    more: Array
    free: Array
    value: Array
    moved: Array


class Lanes(NamedTuple):
    """Slopes that the stages write; tissue is (unknowns, numbers), cell by cell.

    `u` and `body` are those of a stage's state, then of the new one, `k` and `kb` of the stages,
    `rates`, `left` and `crossed` of what is counted in each. `slopes` (driven pairs, cells,
    numbers) are those of the start's derivatives of the rates, `fresh` the derivatives at a
    stage, `events`, `across`, `through` and `total` (1, numbers) room for sums. `bend` is the
    drift of the start, `flow` that of a stage, `swung` (curved numbers, species, faces, 3) what
    curves it. `inside`, `dual_held`,
    `dual_body`, `dual_rates` and `dual_slopes` are dual numbers of one number at a time.
    """

    u: Array
    body: Array
    k: Array
    kb: Array
    rates: Array
    left: Array
    crossed: Array
    slopes: Array
    fresh: Array
    events: Array
    across: Array
    through: Array
    total: Array
    bend: Bend
    flow: Flow
    swung: Array
    inside: Array
    dual_held: Array
    dual_body: Array
    dual_rates: Array
    dual_slopes: Array


def lanes(plan: Plan, stages: int, numbers: int, curved: int) -> Lanes:
    """Return room for a method of so many `stages`, and so many `numbers`, some `curved`."""
    species, cells = plan.mesh.storage.shape
    reactions = max(plan.kinetics.stoichiometry.shape[1], 1)
    products, compartments = plan.body.products.size, len(plan.body.rates)
    unknowns, faces = species * cells, max(cells - 1, 0)

    def zeros(*shape: int) -> Array:
        return np.zeros((*shape, whole(numbers)))

    return Lanes(
        u=zeros(unknowns),
        body=zeros(products, compartments),
        k=zeros(stages, unknowns),
        kb=zeros(stages, products, compartments),
        rates=zeros(stages, reactions, cells),
        left=zeros(stages, products),
        crossed=zeros(stages, plan.crossings.place.size),
        slopes=zeros(len(plan.kinetics.driven), cells),
        fresh=np.zeros((reactions * species, cells)),
        events=zeros(cells),
        across=zeros(cells + 1),
        through=zeros(products),
        total=zeros(1),
        bend=Bend(
            *(np.zeros((species, faces)) for _ in range(14)),
            *(np.zeros((species, faces), dtype=np.int64) for _ in range(3)),
        ),
        flow=Flow(
            factors=np.zeros((faces, 10)),
            rows=np.zeros((faces, 10), dtype=np.int64),
            here=np.zeros(faces),
            more=np.zeros(faces),
            free=np.zeros(faces),
            value=np.zeros(faces),
            moved=np.zeros(faces),
        ),
        swung=np.zeros((curved, species, faces, 3)),
        inside=np.zeros((species, cells), dtype=complex),
        dual_held=np.zeros(cells, dtype=complex),
        dual_body=np.zeros(compartments, dtype=complex),
        dual_rates=np.zeros((reactions, cells), dtype=complex),
        dual_slopes=np.zeros((reactions * species, cells), dtype=complex),
    )


@fused_in_place
def clear(out: Array) -> None:
    """Write nought to all of `out`."""
    for q in range(out.size):
        out.flat[q] = 0.0


@fused_in_place
def add_all(out: Array, factor: float, x: Array) -> None:
    """Add factor x to all of `out`."""
    for q in range(out.size):
        out.flat[q] += factor * x.flat[q]


@fused_in_place
def weighed(weights: Array, stages: int, start: Array, each: Array, out: Array) -> None:
    """Write `start` plus the weighted stages `each` to `out`."""
    clear(out)
    add_all(out, 1.0, start)
    for j in range(stages):
        if weights[j] != 0.0:
            add_all(out, weights[j], each[j])
