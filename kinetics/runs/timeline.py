"""What happens when in a scenario: segments of smooth change between events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.units.fractions import rational
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.runs.ode import initial_state
from cartflow.kinetics.scenario import Dose, Event, Jump, Scenario, Switch


@dataclass(frozen=True, kw_only=True)
class Segment:
    """From `start` to `end` (days): first `factors` and `amounts`, then smooth change.

    The last one has no length where something happens at the very end. `supply` (n_species,) is
    what infusions add per day; `network` holds the parameters of this time.
    """

    start: float
    end: float
    network: Network
    factors: Array
    amounts: Array
    supply: Array


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The state at time 0 and the segments that follow."""

    network: Network
    start: Array
    segments: tuple[Segment, ...]
    extinction: Mapping[int, float] = field(default_factory=dict)


def timeline(model: Model, scenario: Scenario) -> Timeline:
    """Return the segments of `scenario`; raise `InputError` for an infusion that does not end.

    Events at the same time act in the order switches, jumps, doses.
    """
    changed = model.with_parameters(scenario.parameters)
    values = {n: p.value for n, p in changed.network.parameters.items()}
    events = [*model.events, *scenario.events]
    times = {0.0, scenario.end.value}
    for event in events:
        times |= {t for t in _times(event, values) if t <= scenario.end.value}
    network, segments = changed.network, []
    stops = sorted(times)
    for start, end in pairwise(stops):
        here = [e for e in events if e.moment.at(values) == start]
        for switch in (e for e in here if isinstance(e, Switch)):
            network = network.with_parameters(switch.parameters)
        segments.append(_segment(network, start, end, here, events, values))
    here = [e for e in events if e.moment.at(values) == stops[-1]]
    last = _segment(network, stops[-1], stops[-1], here, events, values)
    if last.amounts.any() or np.any(last.factors != 1.0):
        segments.append(last)
    return Timeline(
        network=changed.network,
        start=initial_state(changed.network, {n: p.value for n, p in scenario.initial.items()}),
        segments=tuple(segments),
        extinction={changed.network.index(n): p.value for n, p in model.extinction.items()},
    )


def _segment(
    network: Network,
    start: float,
    end: float,
    here: list[Event],
    events: list[Event],
    values: Mapping[str, float],
) -> Segment:
    size = len(network.species)
    factors, amounts, supply = np.ones(size), np.zeros(size), np.zeros(size)
    for event in here:
        if isinstance(event, Jump):
            for name, factor in event.factors.items():
                factors[network.index(name)] *= factor
        if isinstance(event, Dose) and _at_once(event, values):
            amounts[network.index(event.species)] += event.amount.value
    for event in events:
        if isinstance(event, Dose) and not _at_once(event, values):
            begin, finish = _times(event, values)
            if begin <= start and end <= finish:
                # By the times as they are rounded, so that the whole amount is given.
                rate = event.amount.value / (finish - begin)
                supply[network.index(event.species)] += rate
    return Segment(
        start=start, end=end, network=network, factors=factors, amounts=amounts, supply=supply
    )


def _times(event: Event, values: Mapping[str, float]) -> tuple[float, ...]:
    begin = event.moment.at(values)
    if isinstance(event, Dose) and event.duration is not None:
        return begin, float(rational(begin) + rational(event.duration.value))
    return (begin,)


def _at_once(dose: Dose, values: Mapping[str, float]) -> bool:
    """Return whether a dose has no duration, or one that is lost when times are rounded."""
    return len(set(_times(dose, values))) == 1


# Longer than any course that was ever followed; far beyond it a run would not end.
_LONGEST = 1e5


def require_end(days: float, stated: str) -> None:
    """Raise `InputError` unless a scenario may end after so many days."""
    if not 0 < days <= _LONGEST:
        msg = f"{stated} must be greater than 0 and at most {_LONGEST:g} days"
        raise InputError(msg)


def with_end(scenario: Scenario, days: float) -> Scenario:
    """Return `scenario` with another end; raise `InputError` unless it is after the start."""
    require_end(days, f"end: {days:g} days")
    return replace(scenario, end=replace(scenario.end, value=days, stated=f"{days:g} day"))
