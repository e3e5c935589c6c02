"""Compartments, species and parameters of libsbml as elements."""

from __future__ import annotations

from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.elements import Compartment, ParameterElement, SpeciesElement


def compartments(model: Any) -> dict[str, Compartment]:
    """Return the compartments by name; in level 1 one without a size has the size 1."""
    return {entry.getId(): _compartment(entry) for entry in model.getListOfCompartments()}


def _compartment(entry: Any) -> Compartment:
    given = entry.isSetSize() or entry.getLevel() == 1
    return Compartment(
        name=entry.getId(),
        size=float(entry.getSize()) if given else None,
        constant=entry.getLevel() > 1 and bool(entry.getConstant()),
        point=entry.getLevel() > 1 and entry.getSpatialDimensionsAsDouble() == 0,
    )


def species(model: Any, places: dict[str, Compartment]) -> dict[str, SpeciesElement]:
    """Return the species by name; raise `InputError` where the compartment is not there."""
    result = {}
    for entry in model.getListOfSpecies():
        if entry.getCompartment() not in places:
            msg = f"species {entry.getId()}: no compartment '{entry.getCompartment()}'"
            raise InputError(msg)
        result[entry.getId()] = _species(entry, places[entry.getCompartment()])
    return result


def _species(entry: Any, place: Compartment) -> SpeciesElement:
    amount, concentration = entry.isSetInitialAmount(), entry.isSetInitialConcentration()
    return SpeciesElement(
        name=entry.getId(),
        title=entry.getName(),
        compartment=place.name,
        amount=float(entry.getInitialAmount()) if amount else None,
        concentration=float(entry.getInitialConcentration()) if concentration else None,
        only_substance=bool(entry.getHasOnlySubstanceUnits()) or place.point,
        boundary=bool(entry.getBoundaryCondition()),
        constant=bool(entry.getConstant()),
        conversion=entry.getConversionFactor() if entry.isSetConversionFactor() else "",
    )


def parameters(model: Any) -> dict[str, ParameterElement]:
    """Return the parameters by name."""
    return {
        entry.getId(): ParameterElement(
            name=entry.getId(),
            value=float(entry.getValue()) if entry.isSetValue() else None,
            constant=entry.getLevel() > 1 and bool(entry.getConstant()),
        )
        for entry in model.getListOfParameters()
    }
