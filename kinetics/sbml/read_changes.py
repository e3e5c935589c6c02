"""Reactions, rules, initial assignments and events of libsbml as elements."""

from __future__ import annotations

from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Expression, Number
from cartflow.kinetics.sbml.elements import EventElement, Participant, ReactionElement
from cartflow.kinetics.sbml.math_in import Formulas


def reactions(model: Any, formulas: Formulas) -> tuple[ReactionElement, ...]:
    """Return the reactions; raise `InputError` for one that is fast."""
    return tuple(_reaction(entry, formulas) for entry in model.getListOfReactions())


def _reaction(entry: Any, formulas: Formulas) -> ReactionElement:
    if entry.getFast():
        msg = f"reaction {entry.getId()}: 'fast' is not read"
        raise InputError(msg)
    law = entry.getKineticLaw()
    where = f"reaction {entry.getId()}"
    stated = law is not None and law.getMath() is not None
    if law is not None and (law.isSetTimeUnits() or law.isSetSubstanceUnits()):
        msg = f"{where}: units of a kinetic law are not read"
        raise InputError(msg)
    parts = [_participant(r, -1, formulas, where) for r in entry.getListOfReactants()]
    parts += [_participant(r, 1, formulas, where) for r in entry.getListOfProducts()]
    return ReactionElement(
        name=entry.getId(),
        participants=tuple(parts),
        rate=_tree(law.getMath(), formulas, where) if stated else None,
    )


def _participant(entry: Any, sign: int, formulas: Formulas, where: str) -> Participant:
    formula = None
    if entry.isSetStoichiometryMath():
        formula = _tree(entry.getStoichiometryMath().getMath(), formulas, where)
    given = entry.getLevel() < 3 or entry.isSetStoichiometry()
    number = entry.getStoichiometry() / entry.getDenominator() if given else None
    return Participant(
        species=entry.getSpecies(),
        sign=sign,
        number=number,
        name=entry.getId() if entry.getLevel() > 2 else "",
        formula=formula,
    )


def rules(model: Any, formulas: Formulas) -> tuple[dict[str, Expression], dict[str, Expression]]:
    """Return rate rules and assignment rules by variable; raise `InputError` for algebraic ones."""
    rates: dict[str, Expression] = {}
    assignments: dict[str, Expression] = {}
    for entry in model.getListOfRules():
        if entry.isAlgebraic():
            raise InputError("an algebraic rule is not read")
        name = entry.getVariable()
        if entry.getMath() is None:
            continue
        if name in rates or name in assignments:
            msg = f"rule for '{name}': there is another"
            raise InputError(msg)
        kind = rates if entry.isRate() else assignments
        kind[name] = _tree(entry.getMath(), formulas, f"rule for '{name}'")
    return rates, assignments


def starts(model: Any, formulas: Formulas) -> dict[str, Expression]:
    """Return the initial assignments by what they set."""
    return {
        entry.getSymbol(): _tree(
            entry.getMath(), formulas, f"initial assignment of '{entry.getSymbol()}'"
        )
        for entry in model.getListOfInitialAssignments()
        if entry.getMath() is not None
    }


def events(model: Any, formulas: Formulas) -> tuple[EventElement, ...]:
    """Return the events that can be triggered and set something, in the order of the file."""
    found = [
        _event(entry, formulas, entry.getId() or f"event_{number}")
        for number, entry in enumerate(model.getListOfEvents())
    ]
    return tuple(found)


def _event(entry: Any, formulas: Formulas, name: str) -> EventElement:
    where = f"event {name}"
    if entry.isSetTimeUnits():
        msg = f"{where}: units of its delay are not read"
        raise InputError(msg)
    trigger = entry.getTrigger()
    level = entry.getLevel()
    return EventElement(
        name=name,
        trigger=_optional(trigger, formulas, where) or Number(0.0),
        delay=_optional(entry.getDelay(), formulas, where),
        priority=_optional(entry.getPriority(), formulas, where),
        changes={
            a.getVariable(): _tree(a.getMath(), formulas, where)
            for a in entry.getListOfEventAssignments()
            if a.getMath() is not None
        },
        starts_true=level < 3 or trigger is None or bool(trigger.getInitialValue()),
        persistent=level < 3 or trigger is None or bool(trigger.getPersistent()),
        at_trigger_time=bool(entry.getUseValuesFromTriggerTime()),
    )


def _optional(part: Any, formulas: Formulas, where: str) -> Expression | None:
    if part is None or part.getMath() is None:
        return None
    return _tree(part.getMath(), formulas, where)


def _tree(node: Any, formulas: Formulas, where: str) -> Expression:
    try:
        return formulas.tree(node)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
