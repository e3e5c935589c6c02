"""What an SBML model says, without libsbml: the nouns of the standard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cartflow.kinetics.expressions.grammar import Expression


@dataclass(frozen=True, kw_only=True)
class Compartment:
    """A place of a `size` (None where the file gives none); a point has none and needs none."""

    name: str
    size: float | None
    constant: bool
    point: bool


@dataclass(frozen=True, kw_only=True)
class SpeciesElement:
    """A species: its start as amount or concentration, and what its name means in formulas."""

    name: str
    title: str
    compartment: str
    amount: float | None
    concentration: float | None
    only_substance: bool
    boundary: bool
    constant: bool
    conversion: str


@dataclass(frozen=True, kw_only=True)
class ParameterElement:
    """A parameter; its value is None where the file gives none."""

    name: str
    value: float | None
    constant: bool


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A species that a reaction takes (`sign` -1) or makes (1), and how many of it.

    The number is `number`, or what the name `name` stands for if it has one, or `formula`.
    """

    species: str
    sign: int
    number: float | None
    name: str
    formula: Expression | None


@dataclass(frozen=True, kw_only=True)
class ReactionElement:
    """A reaction and its rate: amount per time, None where the file gives none."""

    name: str
    participants: tuple[Participant, ...]
    rate: Expression | None


@dataclass(frozen=True, kw_only=True)
class EventElement:
    """An event: when it is triggered, how long it waits, and what it sets."""

    name: str
    trigger: Expression
    delay: Expression | None
    priority: Expression | None
    changes: Mapping[str, Expression]
    starts_true: bool
    persistent: bool
    at_trigger_time: bool


@dataclass(frozen=True, kw_only=True)
class Elements:
    """A whole model; `days` is its unit of time, `conversion` the parameter that converts extents.

    `rates`, `assignments` and `starts` are rate rules, assignment rules and initial assignments
    by the name of what they set.
    """

    compartments: Mapping[str, Compartment]
    species: Mapping[str, SpeciesElement]
    parameters: Mapping[str, ParameterElement]
    reactions: tuple[ReactionElement, ...]
    rates: Mapping[str, Expression]
    assignments: Mapping[str, Expression]
    starts: Mapping[str, Expression]
    events: tuple[EventElement, ...]
    conversion: str
    days: float

    @property
    def references(self) -> dict[str, Participant]:
        """The participants of reactions that have a name of their own."""
        return {p.name: p for r in self.reactions for p in r.participants if p.name}

    def formulas(self) -> Iterator[Expression]:
        """Yield every formula of the model."""
        for table in (self.rates, self.assignments, self.starts):
            yield from table.values()
        for reaction in self.reactions:
            yield from filter(None, (reaction.rate, *(p.formula for p in reaction.participants)))
        for event in self.events:
            yield from filter(None, (event.trigger, event.delay, event.priority))
            yield from event.changes.values()
