"""Whether an SBML model has the form that `write_sbml` gives: then its roles and units hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cartflow.kinetics.expressions.extra_functions import extra_functions
from cartflow.kinetics.expressions.grammar import Expression, names
from cartflow.kinetics.sbml.math_in import Formulas
from cartflow.kinetics.sbml.times import days_per_unit

ROLE = re.compile(r"\brole ([a-z]+)")


def states_roles(source: Any) -> bool:
    """Whether every species of a model says its role."""
    entries = source.getListOfSpecies()
    return len(entries) > 0 and all(ROLE.search(s.getNotesString()) for s in entries)


def beyond_own(sbml: Any, source: Any) -> str:
    """Return the first thing in a model that `write_sbml` never writes, or nothing."""
    return next(_beyond(sbml, source), "")


def _in_text(rate: Expression) -> bool:
    """Whether the text of a model file could state a rate."""
    return not extra_functions(rate) and "@" not in "".join(names(rate))


def _beyond(sbml: Any, source: Any) -> Iterator[str]:
    counts = {
        "function definitions": source.getNumFunctionDefinitions(),
        "initial assignments": source.getNumInitialAssignments(),
        "rules": source.getNumRules(),
        "constraints": source.getNumConstraints(),
        "several compartments": source.getNumCompartments() - 1,
    }
    yield from (what for what, number in counts.items() if number)
    place = source.getCompartment(0)
    if not place.getConstant() or place.getSize() != 1.0:
        yield f"compartment {place.getId()}: a size that is not 1"
    if source.isSetConversionFactor() or days_per_unit(sbml, source) != 1.0:
        yield "another unit of time or extent"
    for entry in source.getListOfSpecies():
        fixed = entry.getBoundaryCondition() or entry.getConstant()
        if fixed or entry.getHasOnlySubstanceUnits() or entry.isSetConversionFactor():
            yield f"species {entry.getId()}: not a concentration that reactions change"
        if not entry.isSetInitialConcentration():
            yield f"species {entry.getId()}: no initial concentration"
    for entry in source.getListOfReactions():
        sides = (*entry.getListOfReactants(), *entry.getListOfProducts())
        if any(r.isSetId() or not r.isSetStoichiometry() for r in sides):
            yield f"reaction {entry.getId()}: a stoichiometry that is no number"
        law = entry.getKineticLaw()
        if entry.getFast() or law is None or law.getMath() is None:
            yield f"reaction {entry.getId()}: fast, or without a rate"
        elif not _in_text(Formulas(sbml).tree(law.getMath())):
            yield f"reaction {entry.getId()}: a function that no model file has, or the time"
    for entry in source.getListOfEvents():
        if entry.isSetDelay() or entry.isSetPriority() or not entry.isSetTrigger():
            yield f"event {entry.getId()}: a delay, a priority or no trigger"
        elif not (entry.getTrigger().getInitialValue() and entry.getTrigger().getPersistent()):
            yield f"event {entry.getId()}: a trigger of another kind"
