"""Scenarios, events and check values: what a kinetics file says beside its equations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cartflow.core.outcome import InputError, suggest
from cartflow.core.parameters import Parameter
from cartflow.kinetics.expressions.grammar import Expression

Values: TypeAlias = Mapping[str, float]
CheckStanding = Literal["published", "released", "recomputed", "analytic"]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A time, or the name of the parameter that holds it."""

    time: Parameter | None = None
    name: str = ""

    def at(self, values: Values) -> float:
        """Return the time in days, given the values of the parameters."""
        return self.time.value if self.time is not None else values[self.name]

    def __str__(self) -> str:
        return self.time.stated if self.time is not None else self.name


@dataclass(frozen=True, kw_only=True)
class Dose:
    """An amount of one species, at once or at constant rate over `duration`."""

    species: str
    amount: Parameter
    moment: Moment
    duration: Parameter | None = None


@dataclass(frozen=True, kw_only=True)
class Switch:
    """Parameters that take other values from a time on."""

    moment: Moment
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, kw_only=True)
class Jump:
    """Species multiplied by a plain number at a time."""

    moment: Moment
    factors: Mapping[str, float]


Event: TypeAlias = Dose | Switch | Jump


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A run as published: start, doses, changed parameters, and its end (days)."""

    name: str
    title: str = ""
    end: Parameter
    initial: Mapping[str, Parameter] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    def numbers(self) -> dict[str, Parameter]:
        """Return every number of the scenario by a dotted key."""
        found = {f"{self.name}.end": self.end}
        found |= {f"{self.name}.initial.{k}": p for k, p in self.initial.items()}
        found |= {f"{self.name}.parameters.{k}": p for k, p in self.parameters.items()}
        return found | event_numbers(self.events, f"{self.name}.")


def event_numbers(events: Iterable[Event], before: str) -> dict[str, Parameter]:
    """Return every number of `events`, by a dotted key that begins with `before`."""
    found = {}
    for number, event in enumerate(events):
        where = f"{before}events.{number}"
        if event.moment.time is not None:
            found[f"{where}.time"] = event.moment.time
        if isinstance(event, Dose):
            found[f"{where}.amount"] = event.amount
            if event.duration is not None:
                found[f"{where}.duration"] = event.duration
        if isinstance(event, Switch):
            found |= {f"{where}.{k}": p for k, p in event.parameters.items()}
    return found


# What each kind of check needs, and what it may have.
CHECK_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset(needed.split()), frozenset(allowed.split()))
    for kind, needed, allowed in [
        ("value", "scenario at", ""),
        ("maximum", "scenario", "since until"),
        ("minimum", "scenario", "since until"),
        ("time_of_maximum", "scenario", "since until"),
        ("time_of_minimum", "scenario", "since until"),
        ("value_at_minimum", "scenario of_minimum", "since until"),
        ("time_to_level", "scenario level", "since"),
        ("time_below", "scenario level", "since until"),
        ("half_life", "scenario since until", ""),
        ("doubling_time", "scenario since until", ""),
        ("area", "scenario", "since until samples"),
        ("drift", "scenario", ""),
        ("formula", "", "scenario"),
        ("equilibrium", "guess", "scenario"),
        ("saddle_node", "vary guess range", "scenario"),
        ("extinction_gap", "scenario", ""),
        ("threshold", "scenario vary range at level", ""),
    ]
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """A number that the model should give: what is measured, what is expected, how nearly.

    `tolerance` is relative to the expected value, `absolute` in its internal unit; one of
    them is needed. `unit` is that of the measure. `relative_to` names a scenario whose own
    measure divides; `median_over` names scenarios whose median is taken; `samples` are the
    times (days) between which an area is taken as trapezoids, instead of the solver's own.
    """

    name: str
    kind: str
    of: Expression
    unit: str
    expected: Parameter
    scenario: str = ""
    relative_to: str = ""
    median_over: tuple[str, ...] = ()
    tolerance: float = 0.0
    absolute: float = 0.0
    standing: CheckStanding
    source: str
    note: str = ""
    at: float = 0.0
    since: float = 0.0
    until: float | None = None
    level: float = 0.0
    samples: tuple[float, ...] = ()
    of_minimum: Expression | None = None
    vary: str = ""
    range: tuple[float, float] = (0.0, 0.0)
    guess: Mapping[str, float] = field(default_factory=dict)

    def allowance(self) -> float:
        """Return how far the measure may be from what is expected, in internal units."""
        return max(self.absolute, self.tolerance * abs(self.expected.value))


def require_check_keys(kind: str, given: set[str], where: str) -> None:
    """Raise `InputError` for an unknown kind, a missing key, or one without effect."""
    if kind not in CHECK_KEYS:
        msg = f"{where}.kind: '{kind}'; {suggest(kind, CHECK_KEYS)}"
        raise InputError(msg)
    needed, allowed = CHECK_KEYS[kind]
    missing = sorted(needed - given)
    if missing:
        msg = f"{where}: key '{missing[0]}' is missing; kind '{kind}' needs it"
        raise InputError(msg)
    idle = sorted(given - needed - allowed)
    if idle:
        msg = f"{where}.{idle[0]}: without effect in kind '{kind}'"
        raise InputError(msg)
