"""A sound document of libsbml as elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml import read_changes, read_places
from cartflow.kinetics.sbml.elements import Elements
from cartflow.kinetics.sbml.math_in import Formulas
from cartflow.kinetics.sbml.times import days_per_unit

LARGEST_MATRIX = 5_000_000


def elements(sbml: Any, model: Any) -> Elements:
    """Return the elements of a model.

    Raises `InputError`, naming the element, for what is not read (fast reactions, algebraic
    rules, constraints, formulas with a past) and for names that stand for nothing.
    """
    if model.getNumConstraints():
        msg = f"it has {model.getNumConstraints()} constraints, which are not read"
        raise InputError(msg)
    _require_size(model)
    formulas = Formulas(sbml, model)
    compartments = read_places.compartments(model)
    rates, assignments = read_changes.rules(model, formulas)
    found = Elements(
        compartments=compartments,
        species=read_places.species(model, compartments),
        parameters=read_places.parameters(model),
        reactions=read_changes.reactions(model, formulas),
        rates=rates,
        assignments=assignments,
        starts=read_changes.starts(model, formulas),
        events=read_changes.events(model, formulas),
        conversion=model.getConversionFactor() if model.isSetConversionFactor() else "",
        days=days_per_unit(sbml, model) or 1.0,
    )
    _require_known(found)
    return found


def _require_size(model: Any) -> None:
    """Raise `InputError` for more states and reactions than a matrix of theirs should have."""
    rules = model.getNumRules()
    states, changes = model.getNumSpecies() + rules, model.getNumReactions() + rules
    if states * changes > LARGEST_MATRIX:
        msg = f"{states} species and rules times {changes} reactions and rules: at most "
        raise InputError(msg + f"{LARGEST_MATRIX} are read")


def _require_known(found: Elements) -> None:
    """Raise `InputError` unless whatever is set is there and may be set."""
    constant: dict[str, bool] = {n: c.constant for n, c in found.compartments.items()}
    constant |= {n: s.constant for n, s in found.species.items()}
    constant |= {n: p.constant for n, p in found.parameters.items()}
    constant |= dict.fromkeys(found.references, False)
    changes: dict[str, Iterable[str]] = {
        "rate rule": found.rates,
        "assignment rule": found.assignments,
        **{f"event {e.name}": e.changes for e in found.events},
    }
    for where, names in changes.items():
        for name in names:
            _require(name in constant, where, name, "nothing has that name")
            _require(not constant[name], where, name, "it is constant")
            _require(
                name not in found.assignments or where == "assignment rule",
                where,
                name,
                "an assignment rule sets it",
            )
    for name in found.starts:
        _require(name in constant, "initial assignment", name, "nothing has that name")
        _require(
            name not in found.assignments, "initial assignment", name, "an assignment rule sets it"
        )
    for reaction in found.reactions:
        for part in reaction.participants:
            where = f"reaction {reaction.name}"
            _require(part.species in found.species, where, part.species, "it is no species")
            _require_free(found, part.species, where)


def _require_free(found: Elements, name: str, where: str) -> None:
    entry = found.species[name]
    ruled: Mapping[str, object] = {**found.rates, **found.assignments}
    if not entry.boundary:
        _require(name not in ruled, where, name, "a rule sets it, and it is no boundary")
        _require(not entry.constant, where, name, "it is constant, and no boundary")


def _require(held: bool, where: str, name: str, reason: str) -> None:
    if not held:
        msg = f"{where}: '{name}': {reason}"
        raise InputError(msg)
