"""Compiled loops over equal voxels, in blocks that stay in a core's cache.

Arrays are (species, cells); `ahead` and `behind` (axes, cells) hold a cell's neighbours along each
axis, or the cell itself at a rim, so that nothing flows there. Blocks of voxels at a rim may be
partly filled: their volumes and faces are smaller, their distances are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_now, fused, summing
from cartflow.core.pointers import call

Array = np.ndarray


class Fields(NamedTuple):
    """How every field moves, per species: what the compiled loops read.

    `way` 0 does not diffuse, 1 diffuses with the rates `uniform` (species, axes) on a whole
    grid of `shape` (3; slowest axis first), 2 with `exchange` = A D/d (rows, axes, cells; mm^3/day,
    face ahead) in row `row`.
    `local` is the row of `gain` and `loss`, or -1; `drifts` the row of the drift's fluxes.
    `porosity` (cells) is empty where nothing is stored in pores, or they are all there is.
    """

    way: Array
    uniform: Array
    row: Array
    exchange: Array
    shape: Array
    local: Array
    gain: Array
    loss: Array
    drifts: Array
    ahead: Array
    behind: Array
    volumes: Array
    porosity: Array


class Kinetics(NamedTuple):
    """Stoichiometry (species, reactions), parameters, and which reactions are counted.

    `in_pores` are the reactions with rates per volume of pore fluid, `solutes` the species there.
    """

    stoichiometry: Array
    parameters: Array
    counted: Array
    in_pores: Array
    solutes: Array


_reals, _rows, _stacks = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
_numbers, _links = types.int64[::1], types.int32[:, ::1]
FIELDS = types.NamedTuple(
    (
        _numbers,
        _rows,
        _numbers,
        _stacks,
        _numbers,
        _numbers,
        _rows,
        _rows,
        _numbers,
        _links,
        _links,
        _reals,
        _reals,
    ),
    Fields,
)
_flags = types.boolean[::1]
KINETICS = types.NamedTuple((_rows, _reals, _flags, _flags, _flags), Kinetics)


@fused
def add_uniform(u: Array, rates: Array, shape: Array, start: int, out: Array) -> None:
    """Add diffusion on a whole grid to `out`, for the rows that begin at cell `start`."""
    planes, rows, width = shape
    for k in range(out.size // width):
        first = start + k * width
        row, plane = (first // width) % rows, first // (width * rows)
        here = u[first : first + width]
        low = first - width if row > 0 else first
        high = first + width if row < rows - 1 else first
        near = first - width * rows if plane > 0 else first
        far = first + width * rows if plane < planes - 1 else first
        south, north = u[low : low + width], u[high : high + width]
        front, back = u[near : near + width], u[far : far + width]
        target = out[k * width : (k + 1) * width]
        if planes > 1:
            for i in range(width):
                target[i] += rates[1] * ((south[i] - here[i]) + (north[i] - here[i])) + rates[0] * (
                    (front[i] - here[i]) + (back[i] - here[i])
                )
        else:
            for i in range(width):
                target[i] += rates[1] * ((south[i] - here[i]) + (north[i] - here[i]))
        for i in range(1, width - 1):
            target[i] += rates[2] * ((here[i - 1] - here[i]) + (here[i + 1] - here[i]))
        if width > 1:
            target[0] += rates[2] * (here[1] - here[0])
            target[width - 1] += rates[2] * (here[width - 2] - here[width - 1])


@fused
def add_indexed(
    u: Array,
    exchange: Array,
    ahead: Array,
    behind: Array,
    volumes: Array,
    start: int,
    out: Array,
) -> None:
    """Add diffusion with `exchange` (axes, cells) through the face ahead of each cell."""
    for a in range(ahead.shape[0]):
        nexts, befores = ahead[a, start : start + out.size], behind[a, start : start + out.size]
        forward = exchange[a, start : start + out.size]
        here = u[start : start + out.size]
        for i in range(out.size):
            n, b = nexts[i], befores[i]
            across = forward[i] * (u[n] - here[i]) + exchange[a, b] * (u[b] - here[i])
            out[i] += across / volumes[start + i]


@fused
def add_drift(flux: Array, behind: Array, volumes: Array, start: int, out: Array) -> None:
    """Subtract the divergence of `flux` (axes, cells) through the face ahead of each cell."""
    for a in range(behind.shape[0]):
        for i in range(out.size):
            c = start + i
            net = flux[a, behind[a, c]] if behind[a, c] != c else 0.0
            out[i] += (net - flux[a, c]) / volumes[c]


@fused
def _block(
    u: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates_block: int,
    flux: Array,
    start: int,
    stop: int,
    inside: Array,
    rates: Array,
    right: Array,
) -> None:
    """Write the right-hand side of the cells start <= c < stop to `right`, and the rates."""
    width = stop - start
    species, reactions = kinetics.stoichiometry.shape
    for s in range(species):
        source, target = u[s, start:stop], inside[s]
        for i in range(width):
            # A stage may dip below zero, where roots and powers have no value.
            target[i] = max(source[i], 0.0)
    call(
        rates_block,
        (inside, inside.shape[1], kinetics.parameters, 0, width, rates, rates.shape[1]),
    )
    if fields.porosity.size > 0:
        for r in range(reactions):
            if kinetics.in_pores[r]:
                events = rates[r]
                for i in range(width):
                    events[i] *= fields.porosity[start + i]
    for s in range(species):
        out = right[s, :width]
        out[:] = 0.0
        for r in range(reactions):
            number = kinetics.stoichiometry[s, r]
            if number != 0.0:
                events = rates[r]
                for i in range(width):
                    out[i] += number * events[i]
        if fields.local[s] >= 0:
            gain = fields.gain[fields.local[s], start:stop]
            loss = fields.loss[fields.local[s], start:stop]
            here = u[s, start:stop]
            for i in range(width):
                out[i] += gain[i] - loss[i] * here[i]
        if fields.way[s] == 1:
            add_uniform(u[s], fields.uniform[s], fields.shape, start, out)
        elif fields.way[s] == 2:
            exchange = fields.exchange[fields.row[s]]
            add_indexed(u[s], exchange, fields.ahead, fields.behind, fields.volumes, start, out)
        if fields.drifts[s] >= 0:
            add_drift(flux[fields.drifts[s]], fields.behind, fields.volumes, start, out)


@summing
def _both_signs(values: Array, volumes: Array) -> tuple[float, float]:
    """Return the totals of what is positive and of what is negative, the latter without sign."""
    forwards, reverse = 0.0, 0.0
    for i in range(values.size):
        forwards += max(values[i], 0.0) * volumes[i]
        reverse += max(-values[i], 0.0) * volumes[i]
    return forwards, reverse


@summing
def _product(a: Array, b: Array, volumes: Array) -> float:
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i] * volumes[i]
    return total


@fused
def _count(
    u: Array,
    rates: Array,
    counted: Array,
    removal: Array,
    volumes: Array,
    start: int,
    stop: int,
    totals: Array,
) -> None:
    """Add up events forwards and in reverse, and what the egress removes, over a block.

    `removal` (cells), or empty: 1/day; what it takes of every species is counted.
    """
    width, reactions = stop - start, counted.size
    totals[:] = 0.0
    for r in range(reactions):
        if counted[r]:
            forwards, reverse = _both_signs(rates[r, :width], volumes[start:stop])
            totals[r], totals[reactions + r] = forwards, reverse
    if removal.size > 0:
        for s in range(u.shape[0]):
            totals[2 * reactions + s] = _product(
                removal[start:stop], u[s, start:stop], volumes[start:stop]
            )


@compiled_now(
    types.void(
        _rows,
        FIELDS,
        KINETICS,
        types.int64,
        _stacks,
        _reals,
        types.int64,
        _rows,
        types.int64,
        types.int64,
        _rows,
    )
)
def evaluate(
    u: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates_block: int,
    flux: Array,
    removal: Array,
    width: int,
    right: Array,
    first_block: int,
    last_block: int,
    totals: Array,
) -> None:
    """Write the right-hand side to `right` and the totals of `_count` to `totals`, by blocks."""
    species, cells = u.shape
    inside, out = np.empty((species, width)), np.empty((species, width))
    rates = np.empty((max(kinetics.counted.size, 1), width))
    for b in range(first_block, last_block):
        start, stop = b * width, min((b + 1) * width, cells)
        _block(u, fields, kinetics, rates_block, flux, start, stop, inside, rates, out)
        for s in range(species):
            right[s, start:stop] = out[s, : stop - start]
        _count(u, rates, kinetics.counted, removal, fields.volumes, start, stop, totals[b])


@compiled_now(
    types.void(
        _reals,
        _rows,
        _rows,
        _rows,
        _rows,
        _rows,
        FIELDS,
        KINETICS,
        types.int64,
        _stacks,
        _reals,
        types.int64,
        types.int64,
        types.int64,
        _rows,
    )
)
def stage(
    weights: Array,
    now: Array,
    before: Array,
    first: Array,
    first_right: Array,
    u: Array,
    fields: Fields,
    kinetics: Kinetics,
    rates_block: int,
    flux: Array,
    removal: Array,
    width: int,
    first_block: int,
    last_block: int,
    totals: Array,
) -> None:
    """Overwrite `before` by the next stage; write the totals of `_count` at `now`, by blocks.

    weights = (mu, nu, 1 - mu - nu, h mu~, h gamma~) of the two stages before, the first amounts,
    the right-hand side at `now` and the one at the first amounts.
    """
    species, cells = now.shape
    mu, nu, rest, new, old = weights
    inside, out = np.empty((species, width)), np.empty((species, width))
    rates = np.empty((max(kinetics.counted.size, 1), width))
    for b in range(first_block, last_block):
        start, stop = b * width, min((b + 1) * width, cells)
        _block(u, fields, kinetics, rates_block, flux, start, stop, inside, rates, out)
        for s in range(species):
            target, middle = before[s, start:stop], now[s, start:stop]
            begin, slope, right = first[s, start:stop], first_right[s, start:stop], out[s]
            for i in range(stop - start):
                target[i] = (
                    mu * middle[i]
                    + nu * target[i]
                    + rest * begin[i]
                    + new * right[i]
                    + old * slope[i]
                )
        _count(u, rates, kinetics.counted, removal, fields.volumes, start, stop, totals[b])
