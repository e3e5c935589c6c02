"""Events of an SBML model as events by condition."""

from __future__ import annotations

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Binary, Expression, Name
from cartflow.kinetics.sbml.elements import EventElement
from cartflow.kinetics.sbml.symbols import Symbols
from cartflow.kinetics.triggered import Triggered


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
            symbols.kept[symbols.key(name)]: symbols.tree(formula)
            for name, formula in entry.changes.items()
        },
        scales={
            symbols.kept[symbols.key(name)]: symbols.resolved[_place(symbols, name)]
            for name in entry.changes
            if symbols.concentration_in_change(name)
        },
        starts_true=entry.starts_true,
        persistent=entry.persistent,
        at_trigger_time=entry.at_trigger_time,
    )


def _place(symbols: Symbols, name: str) -> str:
    return symbols.elements.species[name].compartment
