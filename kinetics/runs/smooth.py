"""The smooth solution between two events, and what falls extinct at its end."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.network import Network
from cartflow.kinetics.runs.piece import Piece

# Amounts this much smaller than the largest ever there are followed with full relative accuracy.
_SMALLEST = 1e-24
# LSODA's own first step vanishes where a species starts from nothing.
_FIRST_STEP = 1e-7


def smooth(
    change: Callable[[float, Array], Array],
    start: float,
    end: float,
    state: Array,
    largest: Array,
    extinction: Mapping[int, float],
    network: Network,
    rtol: float,
) -> tuple[Piece, Array, list[int]]:
    """Return the smooth solution up to `end`, its last state, and what falls extinct there."""
    events = [_crossing(row, threshold) for row, threshold in extinction.items()]
    atol = _SMALLEST * np.maximum(largest, largest.max()) + 1e-300

    def since(passed: float, here: Array) -> Array:
        # Even a nanosecond since the start has all digits.
        return change(start + passed, here)

    for first in (min(_FIRST_STEP, 0.01 * (end - start)), None):
        solution = _solved(since, end - start, state, first, rtol, atol, events)
        # Where rates are far faster than that step LSODA has to find its first one.
        if solution.success or solution.t[-1] > 0.0:
            break
    if not solution.success:
        raise StepFailed(network.name, solution.message, start + float(solution.t[-1]))
    piece = Piece(
        start=start,
        end=end if solution.status == 0 else start + float(solution.t[-1]),
        times=start + solution.t,
        dense=solution.sol,
        origin=start,
    )
    found = solution.t_events or []
    fallen = [row for row, times in zip(extinction, found, strict=True) if times.size]
    return piece, solution.y[:, -1], fallen


def _solved(
    since: Callable[[float, Array], Array],
    length: float,
    state: Array,
    first: float | None,
    rtol: float,
    atol: Array,
    events: list[Callable[[float, Array], float]],
) -> Any:
    from scipy.integrate import solve_ivp

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return solve_ivp(
            since,
            (0.0, length),
            state,
            "LSODA",
            first_step=first,
            rtol=rtol,
            atol=atol,
            dense_output=True,
            events=events or None,
        )


def _crossing(row: int, threshold: float) -> Callable[[float, Array], float]:
    seen: dict[float, float] = {}

    def gap(time: float, state: Array) -> float:
        # A step's ends count as they were stepped: the solution between them, on which the moment
        # is sought, may be off there by more than what falls.
        # A hair lower, so that what starts at the threshold is above it.
        return seen.setdefault(time, float(state[row] - threshold * (1.0 - 1e-9)))

    gap.terminal = True  # type: ignore[attr-defined]
    gap.direction = -1  # type: ignore[attr-defined]
    return gap
