"""Drift on a line with its second derivatives, and how flows change with numbers of a study."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_in_place, fused_part_in_place
from cartflow.core.dual import SMALL
from cartflow.core.rows import add_scaled
from cartflow.coupling.line.arrays import Drift, Mesh
from cartflow.coupling.line.room import Room
from cartflow.coupling.line.transport import response, upwind, velocity
from cartflow.coupling.tangents.changes import Changes
from cartflow.coupling.tangents.lanes import Bend, Flow, Lanes

Array = np.ndarray

_NOTHING = 1e-280


@fused_part_in_place
def bend_of(mesh: Mesh, drift: Drift, changes: Changes, u: Array, t: Lanes) -> None:
    """Write the drift at densities `u`, with its first and second derivatives, to ``t.bend``."""
    bend = t.bend
    for s in range(u.shape[0]):
        if drift.attractant[s] < 0:
            continue
        for f in range(u.shape[1] - 1):
            v, one, two = velocity(drift, mesh, s, f, u)
            bend.v[s, f], bend.by_one[s, f], bend.by_two[s, f] = v, one, two
            value, a, b, c, far, near, beyond = upwind(u, s, f, v)
            bend.value[s, f], bend.by_far[s, f] = value, a
            bend.by_near[s, f], bend.by_beyond[s, f] = b, c
            bend.far[s, f], bend.near[s, f], bend.beyond[s, f] = far, near, beyond
            seconds = _curvature(drift, mesh, s, f, u)
            bend.one_one[s, f], bend.one_two[s, f], bend.two_two[s, f] = seconds
            bend.bent[s, f] = 0.0
            if far != near:
                most = _curvature_upwind(u[s, far], u[s, near], u[s, beyond])
                bend.bent[s, f], bend.e_far[s, f], bend.e_near[s, f], bend.e_beyond[s, f] = most
            for n in range(changes.curved.size):
                swung = velocity(_drift(changes, n), _mesh(mesh, changes, n), s, f, u)
                for k in range(3):
                    t.swung[n, s, f, k] = swung[k].imag / SMALL


@fused_in_place
def _curvature(drift: Drift, mesh: Mesh, s: int, f: int, u: Array) -> tuple[float, float, float]:
    """Return the second derivatives of `velocity` to the attractant: one one, one two, two two."""
    k = drift.attractant[s]
    near, far = mesh.before[f], mesh.after[f]
    over = 1.0 / (near + far)
    half, law, chi = drift.half_saturation[s], drift.law[s], drift.sensitivity[s]
    f1, d1 = response(law, u[k, f], half)
    f2, d2 = response(law, u[k, f + 1], half)
    slope, mean = (u[k, f + 1] - u[k, f]) * over, (far * f1 + near * f2) * over
    if abs(chi * mean * slope) > drift.ceiling[s]:
        return 0.0, 0.0, 0.0
    one, two = far * over * d1, near * over * d2
    bent_one = far * over * _response_bent(law, u[k, f], half)
    bent_two = near * over * _response_bent(law, u[k, f + 1], half)
    return (
        chi * (bent_one * slope - 2.0 * one * over),
        chi * (one - two) * over,
        chi * (bent_two * slope + 2.0 * two * over),
    )


@fused_in_place
def _response_bent(law: int, a: float, half: float) -> float:
    """Return the second derivative of `response`."""
    if law == 1:
        f = 1.0 / (a + half)
        return 2.0 * f * f * f
    if law == 2:
        b = 1.0 / (1.0 + a / half)
        return 6.0 * b * b * b * b / (half * half)
    return 0.0


@fused_in_place
def _curvature_upwind(far: float, near: float, beyond: float) -> tuple[float, float, float, float]:
    """Return k and e of the second derivatives k e e' of `limited_with_slopes`.

    The value is of first degree in its slopes a and b, so that they have one direction only.
    """
    a, b = near - far, beyond - near
    # Slopes that are next to nothing would have more curvature than numbers hold.
    if a * b <= 0.0 or max(abs(a), abs(b)) < _NOTHING:
        return 0.0, 0.0, 0.0, 0.0
    steeper_behind = abs(a) >= abs(b)
    large, r = (a, b / a) if steeper_behind else (b, a / b)
    cube = r * r * r
    over = 1.0 / (1.0 + cube)
    bent = (2.0 - 14.0 * cube + 2.0 * cube * cube) * over * over * over / large
    if steeper_behind:
        return bent, r, -1.0 - r, 1.0
    return bent, -1.0, 1.0 + r, -r


@fused_in_place
def _drift(changes: Changes, n: int) -> Drift:
    d = changes.drift
    return Drift(d.attractant, d.law, d.sensitivity[n], d.half_saturation[n], d.ceiling[n])


@fused_in_place
def _mesh(mesh: Mesh, changes: Changes, n: int) -> Mesh:
    return Mesh(
        mesh.volumes,
        mesh.areas,
        changes.before[n],
        changes.after[n],
        mesh.storage,
        mesh.held,
        mesh.exchange,
        mesh.gain,
        mesh.loss,
    )


@fused_part_in_place
def add_drift(
    mesh: Mesh,
    drift: Drift,
    changes: Changes,
    i: int,
    s: int,
    start: Array,
    w: Room,
    t: Lanes,
) -> None:
    """Add what drifts of species s in stage i to `w.across`, and its slopes to `t.across`.

    That is the flow of the stage's state, in `w.u` and `t.u`, and of the stage itself by the
    derivatives at the `start` (slopes of its densities).
    """
    flow = t.flow
    _enter_stage(mesh, drift, s, w.u, flow)
    _enter_changed(mesh.areas, drift, s, w.k[i], t.bend, flow)
    for f in range(flow.here.size):
        for k in range(5):
            add_scaled(t.across, f + 1, flow.factors[f, k], t.u, flow.rows[f, k])
            add_scaled(t.across, f + 1, flow.factors[f, k + 5], start, flow.rows[f, k + 5])
        w.across[f + 1] += flow.here[f] + flow.more[f]
        if changes.areas.shape[0] > 0:
            add_scaled(t.across, f + 1, flow.here[f] + flow.more[f], changes.areas, f)
        if changes.sensitivity.shape[0] > 0:
            add_scaled(t.across, f + 1, flow.free[f], changes.sensitivity, s)
    for n in range(changes.curved.size):
        _add_curved(mesh, changes, n, s, w.u, w.k[i], t.bend, flow, t.swung, t.across)


@fused_in_place
def _enter_stage(mesh: Mesh, drift: Drift, s: int, u: Array, flow: Flow) -> None:
    """Write what drifts at densities `u`, and its factors there."""
    species, k = u.shape[0], drift.attractant[s]
    for f in range(u.shape[1] - 1):
        v, by_one, by_two = velocity(drift, mesh, s, f, u)
        value, a, b, c, far, near, beyond = upwind(u, s, f, v)
        area = mesh.areas[f]
        flow.here[f], flow.value[f] = area * v * value, value
        flow.free[f] = flow.here[f] if abs(v) < drift.ceiling[s] else 0.0
        factors, rows = flow.factors[f], flow.rows[f]
        factors[0], factors[1] = area * value * by_one, area * value * by_two
        factors[2], factors[3], factors[4] = area * v * a, area * v * b, area * v * c
        rows[0], rows[1] = f * species + k, (f + 1) * species + k
        rows[2], rows[3], rows[4] = far * species + s, near * species + s, beyond * species + s


@fused_in_place
def _enter_changed(
    areas: Array, drift: Drift, s: int, stage: Array, bend: Bend, flow: Flow
) -> None:
    """Write what drifts of a stage by the start's derivatives, and how these change."""
    species, k = stage.shape[0], drift.attractant[s]
    for f in range(areas.size):
        area, far, near, beyond = areas[f], bend.far[s, f], bend.near[s, f], bend.beyond[s, f]
        x, y, v, value = stage[k, f], stage[k, f + 1], bend.v[s, f], bend.value[s, f]
        before, here, ahead = stage[s, far], stage[s, near], stage[s, beyond]
        a, b, c = bend.by_far[s, f], bend.by_near[s, f], bend.by_beyond[s, f]
        e, g, h = bend.e_far[s, f], bend.e_near[s, f], bend.e_beyond[s, f]
        turned = bend.by_one[s, f] * x + bend.by_two[s, f] * y
        moved = a * before + b * here + c * ahead
        bent = v * bend.bent[s, f] * (e * before + g * here + h * ahead)
        by_one = bend.one_one[s, f] * x + bend.one_two[s, f] * y
        by_two = bend.one_two[s, f] * x + bend.two_two[s, f] * y
        flow.more[f], flow.moved[f] = area * (turned * value + v * moved), moved
        flow.free[f] += flow.more[f] if abs(v) < drift.ceiling[s] else 0.0
        factors, rows = flow.factors[f], flow.rows[f]
        factors[5] = area * (by_one * value + bend.by_one[s, f] * moved)
        factors[6] = area * (by_two * value + bend.by_two[s, f] * moved)
        factors[7] = area * (turned * a + bent * e)
        factors[8] = area * (turned * b + bent * g)
        factors[9] = area * (turned * c + bent * h)
        rows[5], rows[6] = f * species + k, (f + 1) * species + k
        rows[7], rows[8], rows[9] = far * species + s, near * species + s, beyond * species + s


@fused_in_place
def _add_curved(
    mesh: Mesh,
    changes: Changes,
    n: int,
    s: int,
    u: Array,
    stage: Array,
    bend: Bend,
    flow: Flow,
    swung: Array,
    across: Array,
) -> None:
    """Add what the n-th number that changes the law itself does to flows."""
    law, line, k = _drift(changes, n), _mesh(mesh, changes, n), changes.drift.attractant[s]
    for f in range(u.shape[1] - 1):
        here = velocity(law, line, s, f, u)[0].imag / SMALL
        v, one, two = swung[n, s, f, 0], swung[n, s, f, 1], swung[n, s, f, 2]
        turned = one * stage[k, f] + two * stage[k, f + 1]
        across[f + 1, changes.curved[n]] += mesh.areas[f] * (
            here * flow.value[f] + turned * bend.value[s, f] + v * flow.moved[f]
        )
