"""Doses, switches, jumps and extinction as SBML events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, Number
from cartflow.kinetics.sbml.math_out import to_node
from cartflow.kinetics.scenario import Dose, Event, Jump, Switch

INFUSION = "infusion_"
RATE = "_rate"
EXTINCTION = "extinction_of_"


@dataclass(kw_only=True)
class Happening:
    """What changes at one time: species become factor x + amount, parameters take values."""

    factors: dict[str, float] = field(default_factory=dict)
    amounts: dict[str, float] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)


@dataclass(kw_only=True)
class Schedule:
    """What happens at each time (days), and the `infusions`: species by the rate's parameter.

    An infusion is a reaction that makes the species at a rate that is 0 but while it lasts.
    """

    times: dict[float, Happening] = field(default_factory=dict)
    infusions: dict[str, str] = field(default_factory=dict)

    def at(self, time: float) -> Happening:
        """Return what happens at a time, to be added to."""
        return self.times.setdefault(time, Happening())


def schedule(events: tuple[Event, ...], values: Mapping[str, float]) -> Schedule:
    """Return the events by time, given the values of the parameters.

    At one time jumps act before doses, as in a run. An infusion is a rate that is switched on
    and off again.
    """
    result = Schedule()
    for event in events:
        here = result.at(event.moment.at(values))
        if isinstance(event, Switch):
            here.values |= {name: p.value for name, p in event.parameters.items()}
        elif isinstance(event, Jump):
            for name, factor in event.factors.items():
                here.factors[name] = here.factors.get(name, 1.0) * factor
        elif event.duration is None:
            amount = here.amounts.get(event.species, 0.0) + event.amount.value
            here.amounts[event.species] = amount
        else:
            _infuse(result, event, event.moment.at(values), event.duration.value)
    return result


def _infuse(result: Schedule, dose: Dose, start: float, duration: float) -> None:
    name = f"{INFUSION}{len(result.infusions)}{RATE}"
    result.infusions[name] = dose.species
    result.at(start).values[name] = dose.amount.value / duration
    result.at(start + duration).values[name] = 0.0


def write_events(
    sbml: Any,
    target: Any,
    plan: Schedule,
    extinction: Mapping[str, float],
    new_id: Callable[[str], str],
) -> None:
    """Add an event for each time after the start, and one for each species that may die out."""
    for number, time in enumerate(sorted(t for t in plan.times if t > 0)):
        happening = plan.times[time]
        event = _event(target, new_id(f"at_{number}"), _since(sbml, time))
        for name in {**happening.factors, **happening.amounts}:
            _assign(sbml, event, name, _changed(name, happening))
        for name, value in happening.values.items():
            _assign(sbml, event, name, Number(value))
    for name, threshold in extinction.items():
        node = sbml.ASTNode(sbml.AST_RELATIONAL_LT)
        node.addChild(to_node(sbml, Name(name)))
        node.addChild(to_node(sbml, Number(threshold)))
        _assign(sbml, _event(target, new_id(EXTINCTION + name), node), name, Number(0.0))


def _event(target: Any, name: str, trigger: Any) -> Any:
    event = target.createEvent()
    event.setId(name)
    event.setUseValuesFromTriggerTime(True)
    condition = event.createTrigger()
    condition.setInitialValue(True)
    condition.setPersistent(True)
    condition.setMath(trigger)
    return event


def _since(sbml: Any, time: float) -> Any:
    node = sbml.ASTNode(sbml.AST_RELATIONAL_GEQ)
    clock = sbml.ASTNode(sbml.AST_NAME_TIME)
    clock.setName("time")
    node.addChild(clock)
    node.addChild(to_node(sbml, Number(time)))
    return node


def _changed(name: str, happening: Happening) -> Expression:
    result: Expression = Name(name)
    if name in happening.factors:
        result = Binary("*", Number(happening.factors[name]), result)
    if name in happening.amounts:
        result = Binary("+", result, Number(happening.amounts[name]))
    return result


def _assign(sbml: Any, event: Any, name: str, value: Expression) -> None:
    assignment = event.createEventAssignment()
    assignment.setVariable(name)
    assignment.setMath(to_node(sbml, value))
