"""A PEtab condition put into an SBML model, and that model at rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import Trajectory, run
from cartflow.kinetics.sbml.foreign import Foreign
from cartflow.kinetics.sbml.library import libsbml
from cartflow.kinetics.sbml.reading import foreign_of

Array = np.ndarray
_REST, _WIDER = 1e-9, 1e-8
_FIRST, _LAST = 2, 10  # powers of ten of units of time within which a model comes to rest


def conditioned(text: str, changes: Mapping[str, float], name: str) -> Foreign:
    """Return the model of an SBML text with numbers, sizes and starts changed, by their ids.

    A species' start is a concentration unless the file says that it has amounts alone. What is
    changed has no initial assignment any more. Raises `InputError` naming the id.
    """
    document = libsbml().readSBMLFromString(text)
    model = document.getModel()
    for key, value in changes.items():
        if model.getAssignmentRuleByVariable(key) is not None:
            msg = f"{name}: '{key}' is worked out by a rule, and is to be set"
            raise InputError(msg)
        if (species := model.getSpecies(key)) is not None:
            if species.getHasOnlySubstanceUnits():
                species.unsetInitialConcentration()
                species.setInitialAmount(value)
            else:
                species.unsetInitialAmount()
                species.setInitialConcentration(value)
        elif (compartment := model.getCompartment(key)) is not None:
            compartment.setSize(value)
        elif (number := model.getParameter(key)) is not None:
            number.setValue(value)
        else:
            msg = f"{name}: '{key}' is nothing in the model that can be set"
            raise InputError(msg)
        model.removeInitialAssignment(key)
    try:
        return foreign_of(libsbml().writeSBMLToString(document), name)
    except InputError as error:
        msg = f"{name}: model: {error}"
        raise InputError(msg) from None


def course_of(model: Foreign, end: float) -> Trajectory:
    """Return the course of a model up to a time in its own unit. Raises `StepFailed`."""
    scenario = with_end(model.model.scenario(), max(end, 1e-6) * model.days)
    try:
        return run(model.model, scenario)
    except StepFailed:
        # LSODA may fail at a tolerance near round-off and not at one that is enough here.
        return run(model.model, scenario, rtol=_WIDER)


def at_rest(model: Foreign) -> tuple[Trajectory, float]:
    """Return a course up to where nothing changes any more, and that time in the model's unit.

    Raises `StepFailed` where a model does not come to rest.
    """
    names = list(model.model.network.species_names)
    kept = np.array([name != model.model.clock for name in names])
    for power in range(_FIRST, _LAST + 1):
        end = 10.0**power
        course = course_of(model, end)
        before, last = course.at(np.array([0.1 * end, end]) * model.days)[:, kept]
        size = np.maximum(np.abs(last), _REST * np.abs(last).max(initial=1e-300))
        if np.all(np.abs(last - before) <= _REST * size):
            return course, end
    raise StepFailed(model.model.name, "does not come to rest", 10.0**_LAST * model.days)


def resting_values(model: Foreign, text: str) -> dict[str, float]:
    """Return by id what a model at rest has: species as they are stated, and what rules move."""
    course, end = at_rest(model)
    source = libsbml().readSBMLFromString(text)
    elements = source.getModel()

    def value(tree: object) -> float:
        return float(course.measure(tree, np.array([end * model.days]))[0])  # type: ignore[arg-type]

    found = {}
    for species in elements.getListOfSpecies():
        key = species.getId()
        if elements.getAssignmentRuleByVariable(key) is None:
            alone = species.getHasOnlySubstanceUnits()
            found[key] = value((model.amounts if alone else model.concentrations)[key])
    for rule in elements.getListOfRules():
        key = rule.getVariable()
        if rule.isRate() and key in model.meanings and elements.getSpecies(key) is None:
            found[key] = value(model.meanings[key])
    return found
