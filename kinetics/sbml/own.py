"""SBML files that cartflow wrote as models, with their units, roles and events."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, parameter
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.expressions.dimensions import Dimension, unit_text
from cartflow.kinetics.expressions.grammar import names
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.sbml.changes import per_volume
from cartflow.kinetics.sbml.events_in import infusions_of, read_events
from cartflow.kinetics.sbml.events_out import RATE
from cartflow.kinetics.sbml.export import BASES
from cartflow.kinetics.sbml.math_in import Formulas
from cartflow.kinetics.sbml.own_form import ROLE
from cartflow.kinetics.scenario import Scenario, Switch
from cartflow.kinetics.species import Reaction, Role, Species

_UNITS = {(0.0, 1.0, 0.0, 0.0): "cell/mm^3", (1.0, 0.0, 0.0, 0.0): "ng/mm^3"}


def own_model(sbml: Any, source: Any, name: str) -> Model:
    """Return the model of a file that cartflow wrote; raise `InputError` for what is not."""
    return _Own(sbml, source).model(name)


class _Own:
    """One model of libsbml and what its identifiers stand for."""

    def __init__(self, sbml: Any, source: Any) -> None:
        self.sbml, self.source = sbml, source
        self.formulas = Formulas(sbml)

    def model(self, name: str) -> Model:
        """Return the model, under a name."""
        start = {s.getId(): float(s.getInitialConcentration()) for s in self._entries()}
        species = [self._species(s) for s in self._entries()]
        parameters = {
            p.getId(): self._parameter(p.getId(), p.getValue(), self._unit(p.getUnits()))
            for p in self.source.getListOfParameters()
        }
        entries = self.source.getListOfReactions()
        infusions = infusions_of(entries, parameters)
        units = {s.name: s.unit for s in species}
        found = read_events(self.sbml, self.source, units, parameters, infusions)
        parameters = {n: p for n, p in parameters.items() if n not in infusions}
        reactions = [
            self._reaction(r, parameters) for r in entries if f"{r.getId()}{RATE}" not in infusions
        ]
        network = Network(
            name=name,
            title=self.source.getName() or self.source.getId(),
            species=tuple(species),
            parameters=parameters,
            reactions=tuple(reactions),
        )
        initial = {n: self._parameter(n, v, units[n]) for n, v in start.items()}
        end = max(100.0, 2.0 * found.last())
        days = replace(parameter(f"{end!r} day", "day"), source="assumed", note="SBML has no end")
        scenario = Scenario(
            name="sbml",
            title="start and events of the file",
            end=days,
            initial=initial,
            events=tuple(e for e in found.events if not isinstance(e, Switch)),
        )
        return Model(
            network=network,
            scaling=Scaling(),
            scenarios={"sbml": scenario},
            extinction=found.extinction,
            switches=tuple(e for e in found.events if isinstance(e, Switch)),
        )

    def _entries(self) -> Any:
        return self.source.getListOfSpecies()

    def _species(self, entry: Any) -> Species:
        found = ROLE.search(entry.getNotesString())
        name = found[1] if found else ""
        known: dict[str, Role] = {r: r for r in get_args(Role)}
        if name not in known:
            msg = f"species {entry.getId()}: role '{name}'"
            raise InputError(msg)
        dimension = self._dimension(entry.getSubstanceUnits())
        unit: Any = _UNITS.get(dimension, "1")
        return Species(name=entry.getId(), role=known[name], unit=unit, long_name=entry.getName())

    def _parameter(self, name: str, value: float, unit: str) -> Parameter:
        if not math.isfinite(value):
            msg = f"'{name}' has no finite value"
            raise InputError(msg)
        # SBML says no sign.
        return replace(parameter(f"{float(value)!r} {unit}", unit, source="study"), sign="any")

    def _unit(self, name: str) -> str:
        text = unit_text(self._dimension(name))
        return "1" if text == "a plain number" else text

    def _dimension(self, name: str) -> Dimension:
        definition = self.source.getUnitDefinition(name)
        powers = {kind: 0.0 for kind, _, _ in BASES}
        if definition is not None:
            for part in definition.getListOfUnits():
                kind = self.sbml.UnitKind_toString(part.getKind())
                expected = {k: (s, m) for k, s, m in BASES}.get(kind)
                if expected != (part.getScale(), part.getMultiplier()):
                    msg = f"unit '{name}': {kind} in another scale than cartflow writes"
                    raise InputError(msg)
                powers[kind] += part.getExponentAsDouble()
        mass, cell, length, time = powers.values()
        return mass, cell, length, time

    def _reaction(self, entry: Any, parameters: dict[str, Parameter]) -> Reaction:
        law = entry.getKineticLaw()
        consumes = _side(entry.getListOfReactants())
        produces = _side(entry.getListOfProducts())
        place = self.source.getCompartment(0).getId()
        try:
            rate = per_volume(self.formulas.tree(law.getMath()), place)
        except InputError as error:
            msg = f"reaction {entry.getId()}: {error}"
            raise InputError(msg) from None
        if place in names(rate):
            parameters.setdefault(place, self._parameter(place, 1.0, "mm^3"))
        name = entry.getName() or entry.getId()
        return Reaction(name=name, consumes=consumes, produces=produces, rate=rate)


def _side(references: Any) -> dict[str, float]:
    result: dict[str, float] = {}
    for reference in references:
        number = reference.getStoichiometry()
        result[reference.getSpecies()] = result.get(reference.getSpecies(), 0.0) + number
    return result
