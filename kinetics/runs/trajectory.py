"""A scenario run well mixed, through its events, and what is measured on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.kinetics.expressions.compile import Array, to_function
from cartflow.kinetics.expressions.grammar import Expression
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.runs.conditions import is_watched
from cartflow.kinetics.runs.piece import Piece
from cartflow.kinetics.runs.smooth import smooth
from cartflow.kinetics.runs.timeline import Segment, timeline
from cartflow.kinetics.runs.watched import watched_pieces
from cartflow.kinetics.scenario import Scenario

_POINTS = 8
_ROUNDING = 1e-14


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
                result[here] = piece.at(when[here]).T[:, : result.shape[1]]
        return result

    def present(self, times: Any) -> Array:
        """Return the states at `times` without what is round-off below zero.

        Densities and amounts cannot be negative; signals may be, by more than round-off.
        """
        states = self.at(times)
        signal = np.array([s.role == "signal" for s in self.network.species])
        far = signal & (states < -_ROUNDING * self._largest)
        return np.where(far, states, np.maximum(states, 0.0))

    @cached_property
    def _largest(self) -> Array:
        return np.asarray(np.abs(self.at(self.grid())).max(axis=0))

    def accounts(self, times: Any) -> Array:
        """Return infused, born, died, converted at `times`, shape (n_times, 4, n_products)."""
        when = np.atleast_1d(np.asarray(times, dtype=float))
        size, products = len(self.network.species), int(self.network.is_product.sum())
        starts = np.array([p.start for p in self.pieces])
        which = np.clip(np.searchsorted(starts, when, side="right") - 1, 0, len(starts) - 1)
        rows = [
            self.pieces[w].at(np.array([t]))[size:, 0] for t, w in zip(when, which, strict=True)
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
            if before[row] >= threshold > state[row]:
                state = _emptied(state, row, size, product, accounts)
        change, given = _change(segment, accounts)
        largest = np.maximum(largest, np.abs(state) + given)
        begin = segment.start
        while begin < segment.end:
            piece, state, fallen = smooth(
                change, begin, segment.end, state, largest, plan.extinction, segment.network, rtol
            )
            found.append(piece)
            largest = np.maximum(largest, np.abs(state))
            begin = piece.end
            for row in fallen:
                state = _emptied(state, row, size, product, accounts)
        if segment.start == segment.end:
            found.append(_moment(segment.start, state))
    return Trajectory(network=plan.network, pieces=tuple(found))


def _moment(time: float, state: Array) -> Piece:
    """Return the piece of a single time, at which `state` holds."""

    def dense(times: Array) -> Array:
        return np.repeat(state[:, None], np.size(times), axis=1)

    return Piece(start=time, end=time, times=np.array([time]), dense=dense)


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


def _change(segment: Segment, accounts: bool) -> tuple[Callable[[float, Array], Array], Array]:
    """Return the change per day, and all that infusions give in the segment."""
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

    return change, supply * (segment.end - segment.start)


def quick_rates(network: Network, state: Array) -> Array:
    """Return ``network.rates(state)`` of one point, by plain numbers where that is safe."""
    try:
        numbers = [f(values) for values in (state.tolist(),) for f in network.functions()]
        return np.array(numbers, dtype=float)  # A root of what is negative would be complex.
    except (ArithmeticError, TypeError, ValueError):
        return network.rates(state)
