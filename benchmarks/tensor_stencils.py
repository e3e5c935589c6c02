"""Three ways to discretise div(D grad u) for a tensor D at 10:1 and an angle to the grid.

Differences over nine neighbours (linear, no sign kept), the same with limited gradients along the
faces (Sharma and Hammett 2007: non-linear, sign kept), and the arms of a lattice basis that are in
use (Fehrenbach and Mirebeau 2014: linear, sign kept). A bell of standard deviation 0.15 mm spreads
for 0.3 day; the error is in L1 against the exact one. A square of 1 in 0 gives the least value.
`python benchmarks/tensor_stencils.py` prints the table of docs/engines.md.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np

from cartflow.geometries.shapes.box import box
from cartflow.pde.anisotropic.shapes import split
from cartflow.pde.operators.arms import arms

ALONG, ACROSS, LENGTH, DAYS, WIDTH = 0.1, 0.01, 2.4, 0.3, 0.15


def tensor(angle):
    """Return D for fibres at an `angle` to x."""
    unit = np.array([np.cos(angle), np.sin(angle)])
    return ACROSS * np.eye(2) + (ALONG - ACROSS) * np.outer(unit, unit)


def nine(u, d, h, limit):
    """Return div(D grad u) of u (y, x), by fluxes at faces; gradients along them are `limit`ed."""
    found = np.zeros_like(u)
    for axis in (0, 1):
        own, cross = d[1 - axis, 1 - axis], d[0, 1]
        v = np.moveaxis(u, axis, 0)
        steps = np.diff(v, axis=1) / h
        low = np.pad(steps, ((0, 0), (1, 0)))
        high = np.pad(steps, ((0, 0), (0, 1)))
        beside = limit(low[:-1], high[:-1], low[1:], high[1:])
        flux = own * np.diff(v, axis=0) / h + cross * beside
        out = np.moveaxis(found, axis, 0)
        out[:-1] += flux / h
        out[1:] -= flux / h
    return found


def mean(*gradients):
    """Return the mean of the gradients around a face."""
    return sum(gradients) / 4.0


def limited(*gradients):
    """Sharma and Hammett's limiter: minmod of twice each and the mean, of all four."""
    rows = np.array([*(2.0 * g for g in gradients), mean(*gradients)])
    same = np.all(rows > 0, axis=0) | np.all(rows < 0, axis=0)
    return np.where(same, np.sign(rows[0]) * np.abs(rows).min(axis=0), 0.0)


def by_arms(n, d):
    """Return what gives div(D grad u) along arms, on n x n cells."""
    geometry = box([LENGTH, LENGTH], [n, n])
    whole = np.eye(3)
    whole[:2, :2] = d
    average, shape = split(geometry, np.tile(whole, (geometry.size, 1, 1)))
    found = arms(geometry, shape, average == 0.0)
    passes = found.exchange(average) / geometry.cell_volumes[0]

    def slope(u):
        flat = u.ravel()
        flux = passes * (flat[found.neighbour] - flat[found.owner])
        out = np.bincount(found.owner, flux, flat.size)
        return (out - np.bincount(found.neighbour, flux, flat.size)).reshape(u.shape)

    return slope


def advanced(u, slope, h):
    """Heun's steps, short against the stability limit of all three."""
    steps = int(np.ceil(DAYS / (0.15 * h**2 / ALONG)))
    dt = DAYS / steps
    for _ in range(steps):
        one = u + dt * slope(u)
        u = 0.5 * (u + one + dt * slope(one))
    return u


def bell(n, covariance):
    """Return a bell of the same volume for any `covariance`."""
    x = (np.arange(n) + 0.5) * LENGTH / n - 0.5 * LENGTH
    places = np.stack(np.meshgrid(x, x), axis=-1)
    exponent = np.einsum("yxa,ab,yxb->yx", places, np.linalg.inv(covariance), places)
    return np.exp(-0.5 * exponent) / np.sqrt(np.linalg.det(covariance))


def main() -> None:
    """Print errors, least values and times."""
    for degrees in (15, 30, 45):
        d = tensor(np.radians(degrees))
        for name in ("nine", "limited", "arms"):
            cells = []
            for n in (24, 48, 96):
                h = LENGTH / n
                rule = {"nine": mean, "limited": limited}.get(name)
                slope = by_arms(n, d) if rule is None else partial(nine, d=d, h=h, limit=rule)
                exact = bell(n, WIDTH**2 * np.eye(2) + 2 * DAYS * d)
                begun = time.process_time()
                found = advanced(bell(n, WIDTH**2 * np.eye(2)), slope, h)
                took = time.process_time() - begun
                square = np.zeros((n, n))
                square[n // 3 : n // 2, n // 3 : n // 2] = 1.0
                least = slope_least(square, slope, h)
                error = np.abs(found - exact).sum() / exact.sum()
                cells.append(f"{100 * error:.2f} %, {least:.1e}, {took:.2f} s")
            print(f"| {degrees} degrees | {name} | {' | '.join(cells)} |")


def slope_least(u, slope, h):
    """Return the least value in a tenth of the time."""
    least, dt = 0.0, 0.15 * h**2 / ALONG
    for _ in range(int(0.1 * DAYS / dt) + 1):
        u = u + dt * slope(u)
        least = min(least, float(u.min()))
    return least


if __name__ == "__main__":
    main()
