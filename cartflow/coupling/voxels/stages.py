"""One try of a step of body and tumour on voxels, with its error and all that is counted.

What is worked out of a block of cells stays in a core's cache: of few voxels, too, memory is what
a stage waits for.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.core.tableaus import Tableau
from cartflow.coupling.line.arrays import Body
from cartflow.coupling.line.band import solve_dense
from cartflow.coupling.line.counting import Counts
from cartflow.coupling.line.ends import largest_error, nonnegative
from cartflow.coupling.line.ways import solve_along
from cartflow.coupling.voxels.arrays import Plan, Room
from cartflow.coupling.voxels.local import leaving, onward, prepare, slopes_of, solve_locally
from cartflow.pde.voxels.kernels import block, both_signs

Array = np.ndarray


@fused
def attempt(
    plan: Plan,
    method: Tableau,
    errors: Array,
    shares: Array,
    tolerance: float,
    h: float,
    u: Array,
    body: Array,
    supply: Array,
    floor: Array,
    counts: Counts,
    w: Room,
) -> tuple[float, int]:
    """Write what `h` days make of `u` and `body` to `w`; return its relative error, and whose.

    Where it is within the `tolerance`, what happened is added to `counts`. The error is
    sum_i errors_i k_i; `shares` are those of the stages in what is counted (see
    `cartflow.coupling.line.counting.count`). `supply` (products, compartments; cells/day) goes
    into the body, amounts below `floor` do not count as errors.
    """
    grows = prepare(plan, 1.0 / (method.gamma * h), u, w)
    if grows >= 0:
        return np.inf, grows
    w.left[:], w.events[:] = 0.0, 0.0
    last = method.m.size - 1
    for i in range(method.m.size):
        _combine_body(method.a[i], i, body, w.kb, w.body)
        _tissue(plan, method.c[i], i, h, shares[i], u if i == 0 else w.u, w)
        _body(plan.body, method.c[i], i, h, supply, w)
        _hand_over(plan.body, i, w)
        if i < last:
            _combine(method.a[i + 1], i, u, w)
    _end(method.m, errors, shares, u, w)
    _end_body(method.m, errors, body, w.kb, w.body)
    error, which = largest_error(plan, method, floor, w)
    if error <= tolerance:
        error = max(error, nonnegative(plan, floor, w))
    if error <= tolerance:
        _count(plan, method.gamma * h, u, counts, w)
    return error, which


@fused
def _tissue(
    plan: Plan, couplings: Array, i: int, h: float, share: float, u: Array, w: Room
) -> None:
    """Write the tissue's stage at densities `u`, but for what is handed over in it, to `w.f`.

    Events and what leaves are added by the stage's `share`; `w.now` gets what leaves at `u`, and
    `w.freed` what leaves of `w.f`.
    """
    body, (species, cells), width = plan.body, u.shape, w.inside.shape[1]
    w.now[:], w.freed[:] = 0.0, 0.0
    for start in range(0, cells, width):
        stop = min(start + width, cells)
        block(
            u,
            plan.fields,
            plan.kinetics,
            plan.code.rates,
            w.flux,
            start,
            stop,
            w.inside,
            w.rates,
            w.right,
        )
        for r in range(w.events.shape[0]):
            if plan.kinetics.counted[r]:
                happened, rates = w.events[r, start:stop], w.rates[r]
                for c in range(stop - start):
                    happened[c] += share * rates[c]
        for p in range(body.products.size):
            right, arrival = w.right[body.products[p]], body.arrival[start:stop]
            into = onward(plan.body, w.body[p])
            for c in range(stop - start):
                right[c] += into * arrival[c]
            w.now[p] += leaving(plan.body, p, u, start, stop)
        for s in range(species):
            out, right = w.f[s, start:stop], w.right[s]
            for c in range(stop - start):
                out[c] = right[c]
            for j in range(i):
                factor, earlier = couplings[j] / h, w.k[j, s, start:stop]
                for c in range(stop - start):
                    out[c] += factor * earlier[c]
        solve_locally(w.local, w.f, start, stop)
        for p in range(body.products.size):
            w.freed[p] += leaving(plan.body, p, w.f, start, stop)
    for p in range(body.products.size):
        w.left[p] += share * w.now[p]


@fused
def _body(body: Body, couplings: Array, i: int, h: float, supply: Array, w: Room) -> None:
    """Write the right-hand side of the body's stage to `w.kb[i]`."""
    for p in range(body.products.size):
        for n in range(body.onward.size):
            w.kb[i, p, n] = supply[p, n]
            for j in range(i):
                w.kb[i, p, n] += couplings[j] / h * w.kb[j, p, n]
        for e in range(body.links.shape[0]):
            n, j = body.links[e, 0], body.links[e, 1]
            w.kb[i, p, n] += body.rates[n, j] * w.body[p, j]
        w.kb[i, p, body.node] += w.now[p]


@fused
def _hand_over(body: Body, i: int, w: Room) -> None:
    """Solve for stage i of the body, and for what is handed over, which is left in `w.through`."""
    products, again = body.products.size, onward(body, w.drained)
    for p in range(products):
        solve_along(w.dense, w.ways, w.kb[i, p])
        w.through[p] = onward(body, w.kb[i, p]) + again * w.freed[p]
    solve_dense(w.door, w.door_pivots, w.through)
    for p in range(products):
        out = w.freed[p]
        for q in range(products):
            out += w.returned[p, q] * w.through[q]
        for n in range(w.drained.size):
            w.kb[i, p, n] += w.drained[n] * out


@fused
def _handed(i: int, s: int, start: int, stop: int, w: Room) -> None:
    """Write the stage of species s in a block, with what is handed over in it, to `w.k[i]`."""
    stage, apart = w.k[i, s, start:stop], w.f[s, start:stop]
    for c in range(stop - start):
        stage[c] = apart[c]
    for p in range(w.through.size):
        arrived = w.arrived[p, s, start:stop]
        for c in range(stop - start):
            stage[c] += w.through[p] * arrived[c]


@fused
def _combine(weights: Array, i: int, u: Array, w: Room) -> None:
    """Write stage i to `w.k`, and the densities of the next one to `w.u`."""
    cells, width = u.shape[1], w.inside.shape[1]
    for start in range(0, cells, width):
        stop = min(start + width, cells)
        for s in range(u.shape[0]):
            _handed(i, s, start, stop, w)
            new, old = w.u[s, start:stop], u[s, start:stop]
            for c in range(stop - start):
                new[c] = old[c]
            for j in range(i + 1):
                if weights[j] != 0.0:
                    stage = w.k[j, s, start:stop]
                    for c in range(stop - start):
                        new[c] += weights[j] * stage[c]


@fused
def _combine_body(weights: Array, stages: int, body: Array, kb: Array, out: Array) -> None:
    """Write the body's cells plus the weighted stages to `out`."""
    for p in range(body.shape[0]):
        for n in range(body.shape[1]):
            out[p, n] = body[p, n]
            for j in range(stages):
                out[p, n] += weights[j] * kb[j, p, n]


@fused
def _end(weights: Array, errors: Array, shares: Array, u: Array, w: Room) -> None:
    """Write the new densities, the error to the last stage, and stages by their shares to `w.f`."""
    cells, width, last = u.shape[1], w.inside.shape[1], weights.size - 1
    for start in range(0, cells, width):
        stop = min(start + width, cells)
        for s in range(u.shape[0]):
            _handed(last, s, start, stop, w)
            new, error, shared = w.u[s, start:stop], w.right[0], w.f[s, start:stop]
            old, end = u[s, start:stop], w.k[last, s, start:stop]
            for c in range(stop - start):
                new[c] = old[c] + weights[last] * end[c]
                error[c], shared[c] = errors[last] * end[c], shares[last] * end[c]
            for j in range(last):
                stage = w.k[j, s, start:stop]
                for c in range(stop - start):
                    new[c] += weights[j] * stage[c]
                    error[c] += errors[j] * stage[c]
                    shared[c] += shares[j] * stage[c]
            for c in range(stop - start):
                end[c] = error[c]


@fused
def _end_body(weights: Array, errors: Array, body: Array, kb: Array, out: Array) -> None:
    """Write the body's new cells to `out`, and their error to the last stage."""
    last = weights.size - 1
    _combine_body(weights, weights.size, body, kb, out)
    for p in range(body.shape[0]):
        for n in range(body.shape[1]):
            error = 0.0
            for j in range(weights.size):
                error += errors[j] * kb[j, p, n]
            kb[last, p, n] = error


@fused
def _count(plan: Plan, gh: float, u: Array, counts: Counts, w: Room) -> None:
    """Add what happened, events forwards and in reverse by what each cell's come to."""
    driven, counted = plan.code.driven, plan.kinetics.counted
    (species, cells), width = u.shape, w.inside.shape[1]
    for start in range(0, cells, width):
        stop = min(start + width, cells)
        slopes_of(plan, u, start, stop, w)
        for d in range(driven.shape[0]):
            r, s = driven[d, 0], driven[d, 1]
            if counted[r]:
                events, slope = w.events[r, start:stop], w.slopes[r * species + s]
                shared = w.f[s, start:stop]
                for c in range(stop - start):
                    events[c] += slope[c] * shared[c]
        for r in range(counts.forwards.size):
            if counted[r]:
                happened, volumes = w.events[r, start:stop], plan.fields.volumes[start:stop]
                forwards, reverse = both_signs(happened, volumes)
                counts.forwards[r] += gh * forwards
                counts.reverse[r] += gh * reverse
        for p in range(counts.egress.size):
            counts.egress[p] += gh * leaving(plan.body, p, w.f, start, stop)
    for p in range(counts.egress.size):
        counts.egress[p] += gh * w.left[p]
