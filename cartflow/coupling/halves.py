"""A step whole and as two halves: how far they are apart, and what both are extrapolated to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import error_estimate, extrapolated
from cartflow.coupling.bearer import TumourBearer
from cartflow.coupling.state import State

Array = np.ndarray


def in_halves(system: TumourBearer, state: State, dt: float) -> State:
    """Return the state after `dt` days in two steps. Raises `StepFailed`."""
    halfway = system.step(state, 0.5 * dt, dt)
    return system.step(halfway, 0.5 * dt, dt, spend=True)


def errors_left(order: int, moved: Array, errors: Array, products: Array) -> Array:
    """Return the errors of an extrapolated state, whose limits `moved` that share of each field.

    `errors` are how far a step whole and as halves differ, `products` (bool) the fields that the
    ledger counts. Steps of second order that are taken once, with an estimate that costs nothing,
    would need 1.4 to 2.6 times as many (docs/engines.md).
    """
    # Only what the ledger counts must be extrapolated; elsewhere the halves may stand.
    uncounted = np.flatnonzero(~products)
    moved[uncounted] = np.minimum(moved, errors)[uncounted]
    return error_estimate(errors, moved, order)


def worst(names: Sequence[str], errors: Array, tolerance: float) -> tuple[float, StepFailed]:
    """Return the largest of `errors` in units of the tolerance, and which field's it is."""
    place = int(np.argmax(errors))
    name = names[place] if place < len(names) else "organs"
    error = float(errors[place]) / tolerance
    return error if np.isfinite(error) else np.inf, StepFailed(name, "it changes too fast")


def carried_apart(system: TumourBearer, whole: State, halves: State) -> float:
    """Return how far what circulates differs, relative to all of it in the body."""
    pairs = zip(*_carried(system, whole, halves), strict=True)
    return max((float(np.abs(a - b).sum() / (b.sum() + 1e-30)) for a, b in pairs), default=0.0)


def _carried(system: TumourBearer, *states: State) -> list[list[Array]]:
    return [system.organs.carried_of(state.carried) for state in states]


def residents_apart(whole: State, halves: State, least: Array | float) -> float:
    """Return how far the kinetics in organs differ, relative to each amount.

    Amounts below 1e-6 of the most, or below `least`, count as that.
    """
    sizes = np.abs(halves.residents)
    most = np.minimum(1e-6 * sizes.max(axis=0, initial=0.0) + 1e-12, least)
    return float(np.max(np.abs(whole.residents - halves.residents) / (sizes + most), initial=0))


def extrapolated_state(
    system: TumourBearer, order: int, whole: State, halves: State, floor: Array
) -> tuple[State, Array]:
    """Return the extrapolated state, and the share that its limits moved in each field.

    The last share is that of what only organs have. A share counts as far as the amount is
    above its `floor`.
    """
    new, shares = extrapolated_body(order, whole, halves)
    pairs = zip(
        system.tissues, system.split(whole.tumour), system.split(halves.tumour), strict=True
    )
    tissues = [_rows(one, two, tissue.volumes, order) for tissue, one, two in pairs]
    rows = np.concatenate([tissue.rows for tissue in system.tissues])
    sizes = system.amounts(halves.tumour)
    moved = np.concatenate([share for _, share in tissues]) * (sizes / (sizes + floor))
    moved[system.are_products] += shares[rows]
    only_in_organs = max(np.delete(shares, rows), default=0.0)
    carried = [
        extrapolated(a, b, np.ones(b.size), order)[0]
        for a, b in zip(*_carried(system, whole, halves), strict=True)
    ]
    if carried:
        new = replace(new, carried=np.concatenate(carried))
    tumour = system.joined([densities for densities, _ in tissues])
    return replace(new, tumour=tumour), np.append(moved, only_in_organs)


def extrapolated_body(order: int, whole: State, halves: State) -> tuple[State, Array]:
    """Return `halves` with all extrapolated but the tumour, and the shares moved, by product."""
    body, shares = _rows(whole.body.T, halves.body.T, np.ones(len(halves.body)), order)
    bodies = halves.body.sum(axis=0)
    least = 1e-8 * float(np.sum(halves.ledger.infused)) + 1e-12
    better = halves.residents + (halves.residents - whole.residents) / (2.0**order - 1.0)
    new = replace(
        halves,
        body=body.T,
        ledger=halves.ledger.extrapolated(whole.ledger, order),
        residents=np.where(better < 0.0, halves.residents, better),
    )
    return new, shares * (bodies / (bodies + least))


def _rows(whole: Array, halves: Array, weights: Array, order: int) -> tuple[Array, Array]:
    """Return rows extrapolated one by one, and what was moved in each; see `extrapolated`."""
    # Into one array: of many cells, a list of all rows would be another state.
    values, moved = np.empty(halves.shape), np.zeros(len(halves))
    for i, (one, two) in enumerate(zip(whole, halves, strict=True)):
        values[i], moved[i] = extrapolated(one, two, weights, order)
    return values, moved
