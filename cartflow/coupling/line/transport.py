"""Diffusion and drift on a line, with their derivatives to every cell that a face looks at."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import in_place
from cartflow.core.dual import ratio
from cartflow.coupling.line.arrays import Drift, Mesh
from cartflow.coupling.line.band import width_of
from cartflow.pde.lines.kernels import limited_with_slopes

Array = np.ndarray


@in_place
def response(law: int, a: float, half: float) -> tuple[float, float]:
    """Return f(a) of a law of chemotaxis (see `cartflow.pde.chemotaxis`), and its derivative."""
    if law == 1:
        f = ratio(1.0, a + half)
        return f, -f * f
    if law == 2:
        b = ratio(1.0, 1.0 + ratio(a, half))
        return b * b, ratio(-2.0 * b * b * b, half)
    return 1.0, 0.0


@in_place
def velocity(drift: Drift, mesh: Mesh, s: int, f: int, u: Array) -> tuple[float, float, float]:
    """Return the drift of species s at face f, mm/day, and its derivatives to the attractant.

    v = chi f(a) grad a, no faster than the ceiling, where the derivatives are zero.
    """
    k = drift.attractant[s]
    near, far = mesh.before[f], mesh.after[f]
    over = ratio(1.0, near + far)
    one, two = u[k, f], u[k, f + 1]
    f1, d1 = response(drift.law[s], one, drift.half_saturation[s])
    f2, d2 = response(drift.law[s], two, drift.half_saturation[s])
    slope, mean = (two - one) * over, (far * f1 + near * f2) * over
    v = drift.sensitivity[s] * mean * slope
    ceiling = drift.ceiling[s]
    if abs(v.real) > ceiling.real:
        return (ceiling if v.real > 0.0 else -ceiling), 0.0, 0.0
    by_one = far * over * d1 * slope - mean * over
    by_two = near * over * d2 * slope + mean * over
    return v, drift.sensitivity[s] * by_one, drift.sensitivity[s] * by_two


@in_place
def upwind(u: Array, s: int, f: int, v: float) -> tuple[float, float, float, float, int, int, int]:
    """Return u[s] at face f, its derivatives to the cells far, near and beyond, and which.

    First order beside the ends of the line, where far is near.
    """
    last = u.shape[1] - 1
    far, near, beyond = (f - 1, f, f + 1) if v.real >= 0.0 else (f + 2, f + 1, f)
    if far < 0 or far > last:
        return u[s, near], 0.0, 1.0, 0.0, near, near, beyond
    value, a, b, c = limited_with_slopes(u[s, far], u[s, near], u[s, beyond])
    return value, a, b, c, far, near, beyond


@in_place
def add_transport(mesh: Mesh, drift: Drift, u: Array, out: Array, across: Array) -> None:
    """Add div(D grad u - v u), per mm3 of tissue and day, to `out` (species, cells).

    `across` (faces with both ends of the line) gets the last species' flows, amounts a day.
    """
    species, cells = u.shape
    for s in range(species):
        for f in range(cells - 1):
            across[f + 1] = mesh.exchange[s, f] * (u[s, f] - u[s, f + 1])
        if drift.attractant[s] >= 0:
            for f in range(cells - 1):
                v = velocity(drift, mesh, s, f, u)[0]
                if v != 0.0:
                    across[f + 1] += mesh.areas[f] * v * upwind(u, s, f, v)[0]
        for c in range(cells):
            out[s, c] += ratio(across[c] - across[c + 1], mesh.volumes[c])


@in_place
def _enter(band: Array, mesh: Mesh, s: int, f: int, k: int, c: int, x: float) -> None:
    """Subtract from `band` that the flow of s over face f grows by x with species k in cell c."""
    species, width = mesh.storage.shape[0], width_of(band)
    row, column = f * species + s, c * species + k
    band[row, np.uint64(column - row + width)] += ratio(x, mesh.held[s, f])
    row += species
    band[row, np.uint64(column - row + width)] -= ratio(x, mesh.held[s, f + 1])


@in_place
def enter_transport(mesh: Mesh, drift: Drift, u: Array, band: Array) -> None:
    """Subtract the derivatives of the transport from `band`; unknowns are cell by cell."""
    species, cells = u.shape
    for s in range(species):
        moves = drift.attractant[s] >= 0
        for f in range(cells - 1):
            x = mesh.exchange[s, f]
            if x != 0.0:
                _enter(band, mesh, s, f, s, f, x)
                _enter(band, mesh, s, f, s, f + 1, -x)
            if moves:
                v, by_one, by_two = velocity(drift, mesh, s, f, u)
                value, a, b, c, far, near, beyond = upwind(u, s, f, v)
                flow = mesh.areas[f] * v
                if a != 0.0:
                    _enter(band, mesh, s, f, s, far, flow * a)
                _enter(band, mesh, s, f, s, near, flow * b)
                _enter(band, mesh, s, f, s, beyond, flow * c)
                k, through = drift.attractant[s], mesh.areas[f] * value
                _enter(band, mesh, s, f, k, f, through * by_one)
                _enter(band, mesh, s, f, k, f + 1, through * by_two)
