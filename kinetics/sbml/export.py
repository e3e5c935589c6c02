"""A well-mixed model as SBML (level 3 version 2), with its units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.dimensions import Dimension, dimension_of, unit_text
from cartflow.kinetics.expressions.grammar import Binary, Name, names
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.sbml.events_out import RATE, Schedule, schedule, write_events
from cartflow.kinetics.sbml.library import libsbml
from cartflow.kinetics.sbml.math_out import to_node
from cartflow.kinetics.sbml.naming import Names
from cartflow.kinetics.scenario import Scenario

PLACE = "well_mixed"
# Powers of ng, cell, mm and day in units of SBML: kind, scale of ten, multiplier.
BASES = (("gram", -9, 1.0), ("item", 0, 1.0), ("metre", -3, 1.0), ("second", 0, 86400.0))
_SUBSTANCE = {"cell/mm^3": "cell", "ng/mm^3": "ng", "1": "1"}


def write_sbml(model: Model, path: Path, scenario: str | None = None) -> None:
    """Write `to_sbml` to a file."""
    path.write_text(to_sbml(model, scenario), encoding="utf-8")


def to_sbml(model: Model, scenario: str | None = None) -> str:
    """Return `model` as SBML: one compartment of 1 mm3, species as concentrations, reactions.

    Start and parameters are those of `scenario` (the first, if it has any and none is named).
    Doses, switches, jumps and extinction are events; an infusion is a reaction whose rate
    events switch on and off. Raises `InputError`.
    """
    sbml = libsbml()
    if model.network.alone:
        msg = f"kinetics '{model.name}': {model.network.alone}; it is not written as SBML again"
        raise InputError(msg)
    chosen = model.scenario(scenario) if model.scenarios or scenario is not None else None
    network = model.with_parameters(chosen.parameters if chosen else {}).network
    values = {n: p.value for n, p in network.parameters.items()}
    plan = schedule((*model.events, *(chosen.events if chosen else ())), values)
    values |= dict.fromkeys(plan.infusions, 0.0) | plan.at(0.0).values
    extinction = {n: p.value for n, p in model.extinction.items()}
    changing = {name for happening in plan.times.values() for name in happening.values}
    document = sbml.SBMLDocument(3, 2)
    target = document.createModel()
    ids = _ids(network, plan)
    target.setId(ids.new(network.name))
    target.setName(network.title)
    units = _Units(sbml, target)
    target.setTimeUnits(units.of("day"))
    target.setExtentUnits(units.of("cell"))
    target.setSubstanceUnits(units.of("cell"))
    place = target.createCompartment()
    where = ids.new(PLACE)
    place.setId(where)
    place.setConstant(True)
    place.setSpatialDimensions(3)
    place.setSize(1.0)
    place.setUnits(units.of("mm^3"))
    _species(target, network, _start(network, chosen, plan, extinction), units, where)
    named = {n: p.unit for n, p in network.parameters.items()}
    named |= {n: f"{network.species[network.index(s)].unit}/day" for n, s in plan.infusions.items()}
    for name, unit in named.items():
        parameter = target.createParameter()
        parameter.setId(name)
        parameter.setConstant(name not in changing)
        parameter.setValue(values[name])
        parameter.setUnits(units.of(unit))
    _reactions(sbml, target, network, where, ids)
    _infusions(sbml, target, plan, where)
    write_events(sbml, target, plan, extinction, ids.new)
    return str(sbml.writeSBMLToString(document))


def _ids(network: Network, plan: Schedule) -> Names:
    """Return the names of an SBML model, which all share one space, with those in formulas."""
    ids = Names()
    ids.taken |= {*network.species_names, *network.parameters, *plan.infusions}
    ids.taken |= {name.removesuffix(RATE) for name in plan.infusions}
    return ids


def _species(
    target: Any, network: Network, start: dict[str, float], units: _Units, place: str
) -> None:
    for entry in network.species:
        species = target.createSpecies()
        species.setId(entry.name)
        species.setName(entry.long_name)
        species.setCompartment(place)
        species.setInitialConcentration(start[entry.name])
        species.setSubstanceUnits(units.of(_SUBSTANCE[entry.unit]))
        species.setHasOnlySubstanceUnits(False)
        species.setBoundaryCondition(False)
        species.setConstant(False)
        species.setNotes(f'<p xmlns="http://www.w3.org/1999/xhtml">role {entry.role}</p>')


def _reactions(sbml: Any, target: Any, network: Network, place: str, ids: Names) -> None:
    for entry, tree in zip(network.reactions, network.expressions, strict=True):
        reaction = target.createReaction()
        reaction.setId(ids.new(entry.name))
        reaction.setName(entry.name)
        reaction.setReversible(False)
        for name, number in entry.consumes.items():
            _reference(reaction.createReactant(), name, number)
        for name, number in entry.produces.items():
            _reference(reaction.createProduct(), name, number)
        listed = {*entry.consumes, *entry.produces}
        for name in network.species_names:
            if name in names(tree) and name not in listed:
                reaction.createModifier().setSpecies(name)
        # SBML counts amounts per time: the density's rate times the volume.
        law = reaction.createKineticLaw()
        law.setMath(to_node(sbml, Binary("*", Name(place), tree)))


def _infusions(sbml: Any, target: Any, plan: Schedule, place: str) -> None:
    for name, species in plan.infusions.items():
        reaction = target.createReaction()
        reaction.setId(name.removesuffix(RATE))
        reaction.setReversible(False)
        _reference(reaction.createProduct(), species, 1.0)
        reaction.createKineticLaw().setMath(to_node(sbml, Binary("*", Name(place), Name(name))))


def _reference(reference: Any, name: str, number: float) -> None:
    reference.setSpecies(name)
    reference.setStoichiometry(number)
    reference.setConstant(True)


def _start(
    network: Network, scenario: Scenario | None, plan: Schedule, extinction: Mapping[str, float]
) -> dict[str, float]:
    """Return the densities at the start, after what happens there."""
    start = {s.name: s.initial for s in network.species}
    if scenario is not None:
        start |= {name: p.value for name, p in scenario.initial.items()}
    here = plan.at(0.0)
    after = {
        name: value * here.factors.get(name, 1.0) + here.amounts.get(name, 0.0)
        for name, value in start.items()
    }
    fallen = {n for n, least in extinction.items() if start[n] >= least > after[n]}
    return {name: 0.0 if name in fallen else value for name, value in after.items()}


class _Units:
    """Unit definitions of one SBML model, made when first asked for."""

    def __init__(self, sbml: Any, target: Any) -> None:
        self.sbml, self.target = sbml, target
        self.known: dict[Dimension, str] = {}

    def of(self, unit: str) -> str:
        """Return the id of the SBML unit for `unit`."""
        dimension = dimension_of(unit)
        if not any(dimension):
            return "dimensionless"
        if dimension not in self.known:
            self.known[dimension] = f"unit_{len(self.known)}"
            definition = self.target.createUnitDefinition()
            definition.setId(self.known[dimension])
            definition.setName(unit_text(dimension))
            for power, (kind, scale, multiplier) in zip(dimension, BASES, strict=True):
                if power:
                    part = definition.createUnit()
                    part.setKind(getattr(self.sbml, f"UNIT_KIND_{kind.upper()}"))
                    part.setExponent(power)
                    part.setScale(scale)
                    part.setMultiplier(multiplier)
        return self.known[dimension]
