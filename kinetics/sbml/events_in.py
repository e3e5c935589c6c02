"""Events of a file that cartflow wrote as doses, switches, jumps and extinction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, parameter
from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, Negative, Number
from cartflow.kinetics.sbml.events_out import INFUSION, RATE
from cartflow.kinetics.sbml.math_in import Formulas
from cartflow.kinetics.scenario import Dose, Event, Jump, Moment, Switch


@dataclass(kw_only=True)
class Events:
    """The events of a file in time, and the thresholds below which species die out."""

    events: list[Event] = field(default_factory=list)
    extinction: dict[str, Parameter] = field(default_factory=dict)

    def last(self) -> float:
        """Return the time of the last event, days."""
        times = [e.moment.at({}) for e in self.events]
        return max(times, default=0.0)


def read_events(
    sbml: Any,
    source: Any,
    species: Mapping[str, str],
    parameters: Mapping[str, Parameter],
    infusions: Mapping[str, str],
) -> Events:
    """Return the events of an SBML model; `species` are units by name.

    Read are triggers ``time >= number`` that change species to factor x + amount and set
    parameters to numbers, and ``x <= number`` that set x to nought. `infusions` (species by the
    parameter of their rate) become doses that last. Raises `InputError` for others.
    """
    result = Events()
    running: dict[str, tuple[float, float]] = {
        name: (0.0, parameters[name].value) for name in infusions if parameters[name].value > 0
    }
    timed = []
    for entry in source.getListOfEvents():
        if entry.isSetDelay() or entry.isSetPriority():
            msg = f"event {entry.getId()}: delays and priorities are not read"
            raise InputError(msg)
        kind, threshold = _trigger(sbml, entry, species)
        if kind == "time":
            timed.append((threshold, entry))
            continue
        result.extinction[kind] = _extinction(sbml, entry, kind, threshold, species[kind])
    for time, entry in sorted(timed, key=lambda pair: pair[0]):
        _read(sbml, entry, time, result, species, parameters, infusions, running)
    if running:
        msg = f"the infusion '{next(iter(running))}' does not end"
        raise InputError(msg)
    result.events.sort(key=lambda e: e.moment.at({}))
    return result


def infusions_of(reactions: Any, parameters: Collection[str]) -> dict[str, str]:
    """Return the species by the rate's parameter of what stands for infusions in our own files."""
    return {
        f"{r.getId()}{RATE}": r.getProduct(0).getSpecies()
        for r in reactions
        if r.getId().startswith(INFUSION)
        and f"{r.getId()}{RATE}" in parameters
        and r.getNumReactants() == 0
        and r.getNumProducts() == 1
    }


def _trigger(sbml: Any, entry: Any, species: Mapping[str, str]) -> tuple[str, float]:
    """Return ``time`` or the species that a trigger compares, and with which number."""
    node = entry.getTrigger().getMath() if entry.isSetTrigger() else None
    if node is not None and node.getNumChildren() == 2:
        left, right = node.getChild(0), node.getChild(1)
        if right.isNumber():
            number = float(right.getValue())
            since = node.getType() in (sbml.AST_RELATIONAL_GEQ, sbml.AST_RELATIONAL_GT)
            below = node.getType() in (sbml.AST_RELATIONAL_LEQ, sbml.AST_RELATIONAL_LT)
            if left.getType() == sbml.AST_NAME_TIME and since and number >= 0:
                return "time", number
            if left.getType() == sbml.AST_NAME and below and left.getName() in species:
                return str(left.getName()), number
    msg = f"event {entry.getId()}: only 'time >= number' and 'species <= number' are read"
    raise InputError(msg)


def _extinction(sbml: Any, entry: Any, name: str, threshold: float, unit: str) -> Parameter:
    changes = {
        a.getVariable(): Formulas(sbml).tree(a.getMath()) for a in entry.getListOfEventAssignments()
    }
    if changes != {name: Number(0.0)}:
        msg = f"event {entry.getId()}: below a number only its own species may be set, and to 0"
        raise InputError(msg)
    return parameter(f"{threshold!r} {unit}", unit)


def _read(
    sbml: Any,
    entry: Any,
    time: float,
    result: Events,
    species: Mapping[str, str],
    parameters: Mapping[str, Parameter],
    infusions: Mapping[str, str],
    running: dict[str, tuple[float, float]],
) -> None:
    moment = Moment(time=parameter(f"{time!r} day", "day"))
    values: dict[str, Parameter] = {}
    for assignment in entry.getListOfEventAssignments():
        name, tree = assignment.getVariable(), Formulas(sbml).tree(assignment.getMath())
        factor, amount = _linear(tree, name, entry.getId())
        if name in species:
            if factor < 0.0 or amount < 0.0:
                msg = f"event {entry.getId()}: '{name}' cannot be changed by less than nothing"
                raise InputError(msg)
            if factor != 1.0:
                result.events.append(Jump(moment=moment, factors={name: factor}))
            if amount != 0.0:
                given = parameter(f"{amount!r} {species[name]}", species[name])
                result.events.append(Dose(species=name, amount=given, moment=moment))
        elif name in infusions:
            _infusion(result, name, amount, time, infusions[name], species, running)
        elif name in parameters and factor == 0.0:
            unit = parameters[name].unit
            values[name] = replace(parameter(f"{amount!r} {unit}", unit), sign="any")
        else:
            msg = f"event {entry.getId()}: '{name}' cannot be changed so"
            raise InputError(msg)
    if values:
        result.events.append(Switch(moment=moment, parameters=values))


def _infusion(
    result: Events,
    name: str,
    rate: float,
    time: float,
    species: str,
    units: Mapping[str, str],
    running: dict[str, tuple[float, float]],
) -> None:
    """Begin an infusion, or end the one that runs: it is a dose over that time."""
    if name in running:
        start, before = running.pop(name)
        amount = parameter(f"{before * (time - start)!r} {units[species]}", units[species])
        result.events.append(
            Dose(
                species=species,
                amount=amount,
                moment=Moment(time=parameter(f"{start!r} day", "day")),
                duration=parameter(f"{time - start!r} day", "day"),
            )
        )
    if rate > 0:
        running[name] = (time, rate)


def _linear(tree: Expression, name: str, where: str) -> tuple[float, float]:
    """Return factor and amount of an assignment factor x + amount, with x its own variable."""
    match tree:
        case Number(value):
            return 0.0, value
        case Name(found) if found == name:
            return 1.0, 0.0
        case Negative(inner):
            factor, amount = _linear(inner, name, where)
            return -factor, -amount
        case Binary("+" | "-" as sign, left, right):
            (a, b), (c, d) = _linear(left, name, where), _linear(right, name, where)
            one = 1.0 if sign == "+" else -1.0
            return a + one * c, b + one * d
        case Binary("*", left, right):
            (a, b), (c, d) = _linear(left, name, where), _linear(right, name, where)
            if a == 0.0 or c == 0.0:
                return a * d + b * c, b * d
        case Binary("/", left, Number(divisor)) if divisor != 0.0:
            factor, amount = _linear(left, name, where)
            return factor / divisor, amount / divisor
    msg = f"event {where}: only numbers, and factor x + amount of '{name}' itself, are read"
    raise InputError(msg)
