"""A scenario run well mixed, through its events, and what is measured on it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.kinetics.compile import Array, to_function
from cartflow.kinetics.conditions import is_watched
from cartflow.kinetics.grammar import Expression
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.piece import Piece
from cartflow.kinetics.scenario import Scenario
from cartflow.kinetics.timeline import Segment, timeline
from cartflow.kinetics.watched import watched_pieces
from cartflow.outcome import StepFailed

# Amounts this much smaller than the largest ever there are followed with full relative accuracy.
_SMALLEST = 1e-24
# LSODA's own first step vanishes where a species starts from nothing.
_FIRST_STEP = 1e-7
_POINTS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory:
    """States over time, shape (n_times, n_species); at an event the state after it."""

    network: Network
    pieces: tuple[Piece, ...]

    def at(self, times: Any) -> Array:
        """Return the states at `times` (days), shape (n_times, n_species)."""
        when = np.atleast_1d(np.asarray(times, dtype=float))
        result = np.empty((when.size, len(self.network.species)))
        starts = np.array([p.start for p in self.pieces])
        which = np.clip(np.searchsorted(starts, when, side="right") - 1, 0, len(starts) - 1)
        for number, piece in enumerate(self.pieces):
            here = which == number
            if here.any():
                result[here] = piece.dense(when[here]).T[:, : result.shape[1]]
        return result

    def accounts(self, times: Any) -> Array:
        """Return infused, born, died, converted at `times`, shape (n_times, 4, n_products)."""
        when = np.atleast_1d(np.asarray(times, dtype=float))
        size, products = len(self.network.species), int(self.network.is_product.sum())
        starts = np.array([p.start for p in self.pieces])
        which = np.clip(np.searchsorted(starts, when, side="right") - 1, 0, len(starts) - 1)
        rows = [
            self.pieces[w].dense(np.array([t]))[size:, 0] for t, w in zip(when, which, strict=True)
        ]
        return np.array(rows).reshape(when.size, 4, products)

    def grid(self, since: float = 0.0, until: float | None = None) -> Array:
        """Return the solver's own times between two, with some between each."""
        end = self.pieces[-1].end if until is None else until
        parts = [np.array([since, end])]
        for piece in self.pieces:
            fine = np.linspace(piece.times[:-1], piece.times[1:], _POINTS, endpoint=False)
            parts += [fine.ravel(), piece.times]
        times = np.unique(np.concatenate(parts))
        return times[(times >= since) & (times <= end)]

    def measure(self, expression: Expression, times: Any) -> Array:
        """Return `expression` of species and parameters at `times`."""
        values = {n: p.value for n, p in self.network.parameters.items()}
        rows = {n: i for i, n in enumerate(self.network.species_names)}
        states = self.at(times)
        found = to_function(expression, rows, values)(states.T)
        return np.broadcast_to(np.asarray(found, dtype=float), states.shape[:1])


def run(
    model: Model, scenario: Scenario, *, accounts: bool = False, rtol: float = 1e-10
) -> Trajectory:
    """Return the trajectory of `scenario`, integrated by LSODA from event to event.

    With `accounts` the product cells infused, born, died and converted are integrated with
    the state. Raises `StepFailed` where a rate is not finite or the integrator gives up.
    """
    plan = timeline(model, scenario)
    if is_watched(model):
        pieces = watched_pieces(model, plan, rtol)
        return Trajectory(network=plan.network, pieces=pieces)
    size = len(plan.network.species)
    product = plan.network.is_product
    state = plan.start
    if accounts:
        given = np.zeros((4, int(product.sum())))
        given[0] = state[product]
        state = np.concatenate([state, given.ravel()])
    largest = np.maximum(np.abs(state), 0.0)
    found: list[Piece] = []
    for segment in plan.segments:
        before, state = state, _jumped(state, segment, product, accounts)
        for row, threshold in plan.extinction.items():
            if before[row] > threshold >= state[row] > 0:
                state = _emptied(state, row, size, product, accounts)
        largest = np.maximum(largest, np.abs(state))
        change = _change(segment, accounts)
        begin = segment.start
        while begin < segment.end:
            piece, state = _smooth(
                change, begin, segment.end, state, largest, plan.extinction, segment.network, rtol
            )
            found.append(piece)
            largest = np.maximum(largest, np.abs(state))
            begin = piece.end
            for row, threshold in plan.extinction.items():
                if 0 < state[row] <= threshold * (1 + 1e-6) and begin < segment.end:
                    state = _emptied(state, row, size, product, accounts)
    return Trajectory(network=plan.network, pieces=tuple(found))


def _jumped(state: Array, segment: Segment, product: Array, accounts: bool) -> Array:
    size = product.size
    result = state.copy()
    result[:size] = state[:size] * segment.factors + segment.amounts
    if accounts:
        given = result[size:].reshape(4, -1)
        lost = state[:size] * (1.0 - segment.factors)
        given[0] += segment.amounts[product]
        given[1] += np.maximum(-lost, 0.0)[product]
        given[2] += np.maximum(lost, 0.0)[product]
    return result


def _emptied(state: Array, row: int, size: int, product: Array, accounts: bool) -> Array:
    result = state.copy()
    if accounts and product[row]:
        result[size:].reshape(4, -1)[2, int(product[:row].sum())] += state[row]
    result[row] = 0.0
    return result


def _change(segment: Segment, accounts: bool) -> Callable[[float, Array], Array]:
    network, supply = segment.network, segment.supply
    size, product = len(network.species), network.is_product
    # Densities and amounts cannot be negative; signals may be.
    clipped = np.array([s.role != "signal" for s in network.species])
    matrix = network.stoichiometry
    if accounts:
        counted = [m[product] for m in (network.born, network.died, network.converted)]
        matrix = np.vstack([matrix, np.zeros_like(counted[0]), *counted])
        supply = np.concatenate([supply, supply[product], np.zeros(3 * int(product.sum()))])

    def change(time: float, state: Array) -> Array:
        here = np.where(clipped, np.maximum(state[:size], 0.0), state[:size])
        rates = quick_rates(network, here)
        result: Array = matrix @ rates + supply
        if not np.isfinite(result).all():
            species = network.species_names[int(np.argmin(np.isfinite(result[:size])))]
            raise StepFailed(species, "its rate is not a finite number", time)
        return result

    return change


def quick_rates(network: Network, state: Array) -> Array:
    """Return ``network.rates(state)`` of one point, by plain numbers where that is safe."""
    try:
        numbers = [f(values) for values in (state.tolist(),) for f in network.functions()]
        return np.array(numbers, dtype=float)  # A root of what is negative would be complex.
    except (ArithmeticError, TypeError, ValueError):
        return network.rates(state)


def _smooth(
    change: Callable[[float, Array], Array],
    start: float,
    end: float,
    state: Array,
    largest: Array,
    extinction: Any,
    network: Network,
    rtol: float,
) -> tuple[Piece, Array]:
    from scipy.integrate import solve_ivp

    events = [
        _crossing(row, threshold) for row, threshold in extinction.items() if state[row] > threshold
    ]
    atol = _SMALLEST * np.maximum(largest, largest.max()) + 1e-300
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        solution = solve_ivp(
            change,
            (start, end),
            state,
            "LSODA",
            first_step=min(_FIRST_STEP, 0.01 * (end - start)),
            rtol=rtol,
            atol=atol,
            dense_output=True,
            events=events or None,
        )
    if not solution.success:
        raise StepFailed(network.name, solution.message, float(solution.t[-1]))
    piece = Piece(
        start=start,
        end=end if solution.status == 0 else float(solution.t[-1]),
        times=solution.t,
        dense=solution.sol,
    )
    return piece, solution.y[:, -1]


def _crossing(row: int, threshold: float) -> Callable[[float, Array], float]:
    def gap(time: float, state: Array) -> float:
        return float(state[row] - threshold)

    gap.terminal = True  # type: ignore[attr-defined]
    gap.direction = -1  # type: ignore[attr-defined]
    return gap
