"""A kinetics model well mixed at given times, with derivatives to some of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.alone.forward.change import Code, Given, change
from cartflow.alone.forward.kernels import FELL, REACHED, TOO_SHORT, advance
from cartflow.alone.forward.plan import Number, Plan, Stretch, plan_of
from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.compiled.network import addresses, dual_addresses
from cartflow.kinetics.expressions.extra_functions import extra_functions
from cartflow.kinetics.model import Model

Array = np.ndarray
_MOST_STOPS = 10_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Forward:
    """A scenario that is run for many values of its `numbers`.

    Threads may run it at once, and come to the same bits. The method is RODAS5P, each step
    within `tolerance` of the state; at an event the state after it counts.
    """

    plan: Plan
    code: Code
    tolerance: float = 1e-8

    def run(self, values: Array, times: Array, slopes: bool = True) -> tuple[Array, Array]:
        """Return states (times, species) and their derivatives (numbers, times, species).

        `times` (days) rise. Without `slopes` there are no derivatives, and the states are the
        same. Raises `StepFailed`.
        """
        start, stretches = self.plan.at(values)
        start_slopes, directions = self.plan.directions()
        count = len(values) if slopes else 0
        walk = _Walk(
            forward=self,
            times=times,
            state=start.copy(),
            slopes=np.ascontiguousarray(start_slopes[:count]),
        )
        for stretch, direction in zip(stretches, directions, strict=True):
            walk.through(stretch, direction)
        # What is round-off below zero is nothing, and stays so.
        below = self.code.clipped & (walk.states < 0.0)
        walk.states[below] = 0.0
        walk.found[:, below] = 0.0
        return walk.states, walk.found


def forward(
    model: Model,
    scenario: str | None,
    settings: Mapping[str, Any],
    numbers: Sequence[Number],
    tolerance: float = 1e-8,
) -> Forward:
    """Return a model's scenario, to be run with derivatives to `numbers`.

    Raises `InputError` where rates have no derivatives, or the model's own conditions say when
    something happens.
    """
    if model.triggers or model.clock or any(map(extra_functions, model.network.expressions)):
        msg = f"kinetics '{model.name}': events by condition and functions of SBML have no "
        raise InputError(msg + "derivatives here")
    plan = plan_of(model, scenario, settings, numbers)
    network = plan.network
    plain, dual = addresses(network), dual_addresses(network)
    code = Code(
        rates=plain.rates,
        jacobian=plain.jacobian,
        dual_rates=dual.rates,
        dual_jacobian=dual.jacobian,
        stoichiometry=np.ascontiguousarray(network.stoichiometry),
        clipped=np.array([s.role != "signal" for s in network.species]),
    )
    return Forward(plan=plan, code=code, tolerance=tolerance)


class _Walk:
    """A run on its way: the state and its slopes, and what was found at the times so far."""

    def __init__(self, *, forward: Forward, times: Array, state: Array, slopes: Array) -> None:
        self.forward, self.times = forward, times
        self.state, self.slopes = state, slopes
        self.states = np.full((len(times), len(state)), np.nan)
        self.found = np.full((len(slopes), len(times), len(state)), np.nan)
        self.largest = np.maximum(np.abs(state), 0.0)
        self.before: Given | None = None

    def through(self, stretch: Stretch, direction: Stretch) -> None:
        """Let happen what does at the start of a stretch, then step to its end."""
        count = len(self.slopes)
        given = Given(
            parameters=stretch.parameters,
            supply=stretch.supply,
            parameter_slopes=np.ascontiguousarray(direction.parameters[:count]),
            supply_slopes=np.ascontiguousarray(direction.supply[:count]),
        )
        start, end = float(stretch.start), float(stretch.end)
        self._happen(stretch, direction, given, start)
        self.largest = np.maximum(self.largest, np.abs(self.state))
        self.largest = np.maximum(self.largest, stretch.supply * (end - start))
        here = np.flatnonzero((self.times >= start) & (self.times <= end))
        span = np.array([start, start, min(1e-4, 1e-3 * (end - start))])
        for place in [*here, -1]:
            self._reach(given, span, end if place < 0 else float(self.times[place]))
            if place >= 0:
                self.states[place] = self.state
                self.found[:, place] = self.slopes
        self.before = given

    def _happen(self, stretch: Stretch, direction: Stretch, given: Given, time: float) -> None:
        """Jump at the start of a stretch, whose moment may move with a number."""
        old = self.state
        self.state = stretch.factors * old + stretch.amounts
        thresholds = self.forward.plan.thresholds
        gone = (thresholds > 0.0) & (old >= thresholds) & (self.state < thresholds)
        self.state[gone] = 0.0
        count = len(self.slopes)
        if not count:
            return
        moves = np.asarray(direction.start)[:count]
        slopes = stretch.factors * self.slopes + direction.amounts[:count]
        slopes[:, gone] = 0.0
        if moves.any() and self.before is not None:
            before, after = self._change(self.before, old), self._change(given, self.state)
            slopes += moves[:, None] * (np.where(gone, 0.0, stretch.factors * before) - after)
        self.slopes = np.ascontiguousarray(slopes)

    def _change(self, given: Given, state: Array) -> Array:
        rates = np.empty((self.forward.code.stoichiometry.shape[1], 1))
        out = np.empty_like(state)
        change(self.forward.code, given, state, rates, out)
        return out

    def _reach(self, given: Given, span: Array, end: float) -> None:
        code, plan, tolerance = self.forward.code, self.forward.plan, self.forward.tolerance
        span[1] = end
        for _ in range(_MOST_STOPS):
            status = advance(
                code, given, self.state, self.slopes, self.largest, plan.thresholds, span, tolerance
            )
            if status == REACHED:
                return
            if status != FELL:
                name = plan.network.species_names[int(np.argmax(np.abs(self.state)))]
                why = "its steps become too short" if status == TOO_SHORT else "it takes too long"
                raise StepFailed(name, why, float(span[0]))
            self._fall(given)
        raise StepFailed(plan.network.name, "species die out again and again", float(span[0]))

    def _fall(self, given: Given) -> None:
        """Let what has fallen below its threshold die out, at a moment that moves with numbers."""
        thresholds = self.forward.plan.thresholds
        gone = (thresholds > 0.0) & (self.state > 0.0) & (self.state < thresholds)
        before = self._change(given, self.state)
        row = int(np.flatnonzero(gone)[0])
        moves = -self.slopes[:, row] / before[row]
        self.state[gone] = 0.0
        after = self._change(given, self.state)
        self.slopes += moves[:, None] * (before - after)
        self.slopes[:, gone] = 0.0
