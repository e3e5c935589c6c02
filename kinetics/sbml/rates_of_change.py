"""The rate of change of what an SBML model names, as formulas of the file's own names."""

from __future__ import annotations

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, Negative, Number
from cartflow.kinetics.sbml.elements import Elements, Participant
from cartflow.kinetics.trees import folded


def rate_of(elements: Elements, name: str, varies: bool) -> Expression:
    """Return the rate of change of what `name` means, per unit of time of the file.

    `varies` says whether a species is a concentration in a compartment that changes. Raises
    `InputError` for a name that an assignment rule sets.
    """
    if name in elements.assignments:
        msg = f"the rate of '{name}' is not read: an assignment rule sets it"
        raise InputError(msg)
    if name in elements.rates:
        return elements.rates[name]
    entry = elements.species.get(name)
    if entry is None or entry.boundary or entry.constant:
        return Number(0.0)
    amount = amount_rate(elements, name)
    if entry.only_substance:
        return amount
    place = Name(entry.compartment)
    if varies:
        swelling = Binary("*", Name(name), rate_of(elements, entry.compartment, False))
        amount = Binary("-", amount, swelling)
    return Binary("/", amount, place)


def amount_rate(elements: Elements, species: str) -> Expression:
    """Return how fast reactions change the amount of a species."""
    terms: list[Expression] = []
    for reaction in elements.reactions:
        for part in reaction.participants:
            if part.species == species:
                number = stoichiometry(part)
                term = Binary("*", number, Name(reaction.name))
                terms.append(Negative(term) if part.sign < 0 else term)
    total = folded("+", terms)
    factor = conversion(elements, species)
    return Binary("*", Name(factor), total) if factor else total


def stoichiometry(part: Participant) -> Expression:
    """Return how many of its species a participant takes or makes, its sign aside."""
    if part.name:
        return Name(part.name)
    if part.formula is not None:
        return part.formula
    if part.number is None:
        msg = f"species '{part.species}': a stoichiometry without value"
        raise InputError(msg)
    return Number(part.number) if part.number >= 0 else Negative(Number(-part.number))


def conversion(elements: Elements, species: str) -> str:
    """Return the parameter that turns extents of reactions into amounts of a species."""
    return elements.species[species].conversion or elements.conversion
