"""Compiled loops over equal voxels, in blocks that stay in a core's cache."""

from __future__ import annotations

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_for, fused, summing
from cartflow.core.pointers import call
from cartflow.pde.voxels.exchange_kernels import (
    add_arms,
    add_drift,
    add_indexed,
    add_placed,
    add_uniform,
)
from cartflow.pde.voxels.laid_out import FIELDS, KINETICS, Fields, Kinetics

Array = np.ndarray

_reals, _rows, _stacks = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]


@fused
def block(
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
        _diffuse(u[s], fields, s, start, out)
        if fields.drifts[s] >= 0:
            add_drift(flux[fields.drifts[s]], fields.behind, fields.volumes, start, out)


@fused
def _diffuse(u: Array, fields: Fields, s: int, start: int, out: Array) -> None:
    """Add the diffusion of species `s` to `out`, for a block that begins at cell `start`."""
    if fields.way[s] == 1:
        add_uniform(u, fields.uniform[s], fields.shape, start, out)
    elif fields.way[s] == 2:
        exchange = fields.exchange[fields.row[s]]
        add_indexed(u, exchange, fields.ahead, fields.behind, fields.volumes, start, out)
    elif fields.way[s] == 4:
        add_placed(u, fields.placed[fields.row[s]], fields.shape, start, out)
    elif fields.way[s] == 3:
        begin = fields.arm_begin[fields.row[s]]
        add_arms(u, begin, fields.arm_to, fields.arm_exchange, fields.volumes, start, out)


@summing
def both_signs(values: Array, volumes: Array) -> tuple[float, float]:
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
def count(
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
            forwards, reverse = both_signs(rates[r, :width], volumes[start:stop])
            totals[r], totals[reactions + r] = forwards, reverse
    if removal.size > 0:
        for s in range(u.shape[0]):
            totals[2 * reactions + s] = _product(
                removal[start:stop], u[s, start:stop], volumes[start:stop]
            )


@compiled_for(
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
    """Write the right-hand side to `right` and the totals of `count` to `totals`, by blocks."""
    species, cells = u.shape
    inside, out = np.empty((species, width)), np.empty((species, width))
    rates = np.empty((max(kinetics.counted.size, 1), width))
    for b in range(first_block, last_block):
        start, stop = b * width, min((b + 1) * width, cells)
        block(u, fields, kinetics, rates_block, flux, start, stop, inside, rates, out)
        for s in range(species):
            right[s, start:stop] = out[s, : stop - start]
        count(u, rates, kinetics.counted, removal, fields.volumes, start, stop, totals[b])


@compiled_for(
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
    """Overwrite `before` by the next stage; write the totals of `count` at `now`, by blocks.

    weights = (mu, nu, 1 - mu - nu, h mu~, h gamma~) of the two stages before, the first amounts,
    the right-hand side at `now` and the one at the first amounts.
    """
    species, cells = now.shape
    mu, nu, rest, new, old = weights
    inside, out = np.empty((species, width)), np.empty((species, width))
    rates = np.empty((max(kinetics.counted.size, 1), width))
    for b in range(first_block, last_block):
        start, stop = b * width, min((b + 1) * width, cells)
        block(u, fields, kinetics, rates_block, flux, start, stop, inside, rates, out)
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
        count(u, rates, kinetics.counted, removal, fields.volumes, start, stop, totals[b])
