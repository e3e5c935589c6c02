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
    tumours, moved, only = [], [], np.ones(len(shares), dtype=bool)
    pairs = system.split(whole.tumour), system.split(halves.tumour)
    for tissue, one, two in zip(system.tissues, *pairs, strict=True):
        # Field by field into one array: of many cells, a list of them all would be another state.
        tumour, rows = np.empty_like(two), np.zeros(len(two))
        for i, (a, b) in enumerate(zip(one, two, strict=True)):
            tumour[i], rows[i] = extrapolated(a, b, tissue.volumes, order)
        tumours.append(tumour)
        moved.append(rows)
        only[tissue.rows] = False
    sizes = system.amounts(halves.tumour)
    rows = np.concatenate(moved) * (sizes / (sizes + floor))
    rows[system.are_products] += np.concatenate([shares[t.rows] for t in system.tissues])
    carried = [
        extrapolated(a, b, np.ones(b.size), order)[0]
        for a, b in zip(*_carried(system, whole, halves), strict=True)
    ]
    if carried:
        new = replace(new, carried=np.concatenate(carried))
    return replace(new, tumour=system.joined(tumours)), np.append(
        rows, max(shares[only], default=0.0)
    )


def extrapolated_body(order: int, whole: State, halves: State) -> tuple[State, Array]:
    """Return `halves` with all extrapolated but the tumour, and the shares moved, by product."""
    ones = np.ones(len(halves.body))
    columns = [
        extrapolated(a, b, ones, order) for a, b in zip(whole.body.T, halves.body.T, strict=True)
    ]
    bodies = halves.body.sum(axis=0)
    least = 1e-8 * float(np.sum(halves.ledger.infused)) + 1e-12
    better = halves.residents + (halves.residents - whole.residents) / (2.0**order - 1.0)
    new = replace(
        halves,
        # Of no products there is no column, and still a row for every compartment.
        body=np.array([values for values, _ in columns]).T.reshape(halves.body.shape),
        ledger=halves.ledger.extrapolated(whole.ledger, order),
        residents=np.where(better < 0.0, halves.residents, better),
    )
    return new, np.array([share for _, share in columns]) * (bodies / (bodies + least))
