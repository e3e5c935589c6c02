"""Exact stochastic runs (Gillespie) of a network in whole numbers of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.timeline import Segment, timeline
from cartflow.kinetics.runs.trajectory import quick_rates
from cartflow.kinetics.scenario import Scenario

Whole = NDArray[np.int64]
_MOST_EVENTS = 10_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Whole numbers over time: `numbers` has the shape (runs, times, species)."""

    times: Array
    numbers: Whole

    def extinct(self, row: int) -> float:
        """Return the share of runs in which the species in `row` has died out at the end."""
        return float(np.mean(self.numbers[:, -1, row] == 0))


def exact_runs(
    model: Model,
    scenario: Scenario,
    times: Array,
    runs: int,
    generator: Generator,
    most_events: int = _MOST_EVENTS,
) -> Counts:
    """Return `runs` exact runs of `scenario` by Gillespie's direct method.

    A reaction of rate v(n/V) V happens after an exponential time; its coefficients, the start
    and the doses must be whole numbers. Raises `InputError` where they are not, or where a
    species is a mass; `StepFailed` after `most_events` events of a run.
    """
    model.require_countable()
    plan = timeline(model, scenario)
    volume = _volume(model)
    change = _whole_coefficients(model)
    start = _whole(plan.start * volume, "start")
    numbers = np.empty((runs, times.size, start.size), dtype=np.int64)
    for run in range(runs):
        state = start.copy()
        events = 0
        for segment in plan.segments:
            state = _jumped(state, segment, volume, generator)
            inside = (times >= segment.start) & (times <= segment.end)
            rows, state, happened = _segment_run(
                segment, state, change, volume, times[inside], generator, most_events - events
            )
            numbers[run, inside] = rows
            events += happened
    return Counts(times=times, numbers=numbers)


def _segment_run(
    segment: Segment,
    state: Whole,
    change: Whole,
    volume: float,
    times: Array,
    generator: Generator,
    most_events: int,
) -> tuple[Whole, Whole, int]:
    if segment.supply.any():
        raise InputError("an infusion over time is no event of whole cells; give it at once")
    rows = np.empty((times.size, state.size), dtype=np.int64)
    now, kept, events = segment.start, 0, 0
    network = segment.network
    while True:
        rates = quick_rates(network, state / volume) * volume
        # A rate that turns negative runs its reaction backwards.
        sizes = np.abs(rates)
        total = float(sizes.sum())
        if not np.isfinite(total):
            raise StepFailed(network.name, "a rate is not a finite number", now)
        wait = generator.exponential(1.0 / total) if total > 0 else np.inf
        while kept < times.size and times[kept] <= now + wait:
            rows[kept] = state
            kept += 1
        now += wait
        if now > segment.end:
            return rows, state, events
        which = min(
            int(np.searchsorted(np.cumsum(sizes), generator.random() * total)), sizes.size - 1
        )
        new = state + change[:, which] * (1 if rates[which] > 0 else -1)
        if (new < 0).any():
            species = network.species_names[int(np.argmin(new))]
            raise StepFailed(species, "a reaction takes cells that are not there", now)
        state = new
        events += 1
        if events >= most_events:
            msg = f"more than {most_events} events in a run; use a hybrid run"
            raise StepFailed(network.name, msg, now)


def _jumped(state: Whole, segment: Segment, volume: float, generator: Generator) -> Whole:
    kept = state
    if (segment.factors != 1.0).any():
        if (segment.factors > 1.0).any():
            raise InputError("a jump that multiplies cells by more than 1 is no survival")
        kept = generator.binomial(state, segment.factors)
    return np.asarray(kept + _whole(segment.amounts * volume, "dose"), dtype=np.int64)


def _volume(model: Model) -> float:
    """Return the volume that turns densities into numbers, 1 mm3 for a model in densities."""
    masses = [s.name for s in model.network.species if s.unit == "ng/mm^3"]
    if masses:
        msg = f"kinetics '{model.name}': '{masses[0]}' is a mass, which has no whole numbers; "
        raise InputError(msg + "use a hybrid run")
    return model.volume or 1.0


def _whole_coefficients(model: Model) -> Whole:
    matrix = model.network.stoichiometry
    if (matrix != np.rint(matrix)).any():
        reaction = model.network.reactions[int(np.argwhere(matrix != np.rint(matrix))[0, 1])]
        msg = f"kinetics '{model.name}': reactions.{reaction.name}: coefficients are not whole"
        raise InputError(msg)
    return np.asarray(matrix, dtype=np.int64)


def _whole(amounts: Array, what: str) -> Whole:
    whole = np.rint(amounts)
    if np.abs(whole - amounts).max(initial=0.0) > 1e-6 * max(1.0, np.abs(amounts).max(initial=0.0)):
        msg = f"the {what} of {amounts[np.argmax(np.abs(whole - amounts))]:g} is no whole number"
        raise InputError(msg)
    return np.asarray(whole, dtype=np.int64)
