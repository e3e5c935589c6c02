"""Events of an SBML model as events by condition."""

from __future__ import annotations

from cartflow.kinetics.grammar import Binary, Expression, Name
from cartflow.kinetics.sbml.elements import EventElement
from cartflow.kinetics.sbml.symbols import Symbols
from cartflow.kinetics.triggered import Triggered
from cartflow.outcome import InputError


def triggered(symbols: Symbols, pace: str) -> tuple[Triggered, ...]:
    """Return the events; `pace` is the parameter of file times per day."""
    found = []
    for entry in symbols.elements.events:
        try:
            found.append(_triggered(symbols, entry, pace))
        except InputError as error:
            msg = f"event {entry.name}: {error}"
            raise InputError(msg) from None
    return tuple(found)


def _triggered(symbols: Symbols, entry: EventElement, pace: str) -> Triggered:
    def optional(formula: Expression | None) -> Expression | None:
        return None if formula is None else symbols.tree(formula)

    return Triggered(
        name=entry.name,
        trigger=symbols.tree(entry.trigger),
        delay=None if entry.delay is None else Binary("/", symbols.tree(entry.delay), Name(pace)),
        priority=optional(entry.priority),
        changes={
            symbols.kept[symbols.key(name)]: _kept(symbols, name, formula)
            for name, formula in entry.changes.items()
        },
        starts_true=entry.starts_true,
        persistent=entry.persistent,
        at_trigger_time=entry.at_trigger_time,
    )


def _kept(symbols: Symbols, name: str, formula: Expression) -> Expression:
    """Return what an event sets of a name: of a concentration kept as an amount, that amount."""
    tree = symbols.tree(formula)
    if not symbols.concentration_in_change(name):
        return tree
    place = symbols.elements.species[name].compartment
    return Binary("*", tree, symbols.resolved[place])
