"""SBML files as models: reactions, rate rules, start; formulas through the closed grammar."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from cartflow.kinetics.density import Scaling
from cartflow.kinetics.dimensions import Dimension, unit_text
from cartflow.kinetics.grammar import Binary, Expression, Name, names, to_text
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.sbml_events_in import infusions_of, read_events
from cartflow.kinetics.sbml_events_out import RATE
from cartflow.kinetics.sbml_export import BASES
from cartflow.kinetics.sbml_library import libsbml
from cartflow.kinetics.sbml_math import from_node
from cartflow.kinetics.scenario import Scenario
from cartflow.kinetics.species import Reaction, Role, Species
from cartflow.outcome import InputError
from cartflow.parameters import Parameter, parameter

_LARGEST_FILE = 10_000_000
_ROLE = re.compile(r"\brole ([a-z]+)")
_UNITS = {(0.0, 1.0, 0.0, 0.0): "cell/mm^3", (1.0, 0.0, 0.0, 0.0): "ng/mm^3"}
_RATE = "per_time_unit"


def read_sbml(path: Path) -> Model:
    """Return the model in an SBML file, with its start as the scenario ``sbml``.

    A file of `write_sbml` comes back with its units and roles. In others every number is
    taken as a plain one, species as residents in relative amounts, and time in days. Raises
    `InputError`, naming the file, for events that are no dose, switch, jump or extinction,
    assignment and algebraic rules, functions, several compartments, and formulas outside the
    grammar.
    """
    try:
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8") if size <= _LARGEST_FILE else ""
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise InputError(msg) from None
    except ValueError:
        msg = f"{path}: not a text file"
        raise InputError(msg) from None
    if size > _LARGEST_FILE:
        msg = f"{path}: {size} bytes, at most {_LARGEST_FILE} are read"
        raise InputError(msg)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        msg = f"{path}: a document type or entity has no place in SBML"
        raise InputError(msg)
    try:
        return _Import(libsbml(), text, path.stem).model()
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None


class _Import:
    """One SBML document and what its identifiers stand for."""

    def __init__(self, sbml: Any, text: str, stem: str) -> None:
        self.sbml = sbml
        self.document = sbml.readSBMLFromString(text)
        self.source = self.document.getModel()
        if self.document.getNumErrors(sbml.LIBSBML_SEV_ERROR) or self.source is None:
            line = self.document.getError(0)
            msg = f"not SBML ({line.getShortMessage()}, line {line.getLine()})"
            raise InputError(msg)
        self.stem = re.sub(r"\W", "_", stem)
        self._require_simple()
        self.own = self._own_units()

    def model(self) -> Model:
        """Return the model."""
        start = {s.getId(): self._start(s) for s in self.source.getListOfSpecies()}
        variables = self._rate_rules()
        species = [self._species(s) for s in self.source.getListOfSpecies()]
        for name in variables:
            if name not in start:
                start[name] = self.source.getParameter(name).getValue()
                species.append(Species(name=name, role="resident", unit="1"))
        parameters = {
            p.getId(): self._parameter(p.getValue(), self._unit(p.getUnits()))
            for p in self.source.getListOfParameters()
            if p.getId() not in start
        }
        entries = self.source.getListOfReactions()
        infusions = infusions_of(entries, parameters) if self.own else {}
        units = {s.name: s.unit for s in species}
        found = read_events(self.sbml, self.source, units, parameters, infusions)
        parameters = {n: p for n, p in parameters.items() if n not in infusions}
        reactions = [
            reaction
            for r in entries
            if f"{r.getId()}{RATE}" not in infusions
            for reaction in self._reaction(r, parameters)
        ]
        reactions += [
            Reaction(name=f"rate_of_{n}", produces={n: 1.0}, rate=self._text(tree))
            for n, tree in variables.items()
        ]
        if not self.own:
            parameters[_RATE] = self._parameter(1.0, "1/day")
        network = Network(
            name=self.stem,
            title=self.source.getName() or self.source.getId(),
            species=tuple(species),
            parameters=parameters,
            reactions=tuple(reactions),
        )
        initial = {n: self._parameter(v, units[n]) for n, v in start.items()}
        end = max(100.0, 2.0 * found.last())
        days = replace(parameter(f"{end!r} day", "day"), source="assumed", note="SBML has no end")
        scenario = Scenario(
            name="sbml",
            title="start and events of the file",
            end=days,
            initial=initial,
            events=tuple(found.events),
        )
        return Model(
            network=network,
            scaling=Scaling(),
            scenarios={"sbml": scenario},
            extinction=found.extinction,
        )

    def _require_simple(self) -> None:
        found = {
            "function definitions": self.source.getNumFunctionDefinitions(),
            "constraints": self.source.getNumConstraints(),
            "initial assignments": self.source.getNumInitialAssignments(),
        }
        for rule in self.source.getListOfRules():
            found["assignment or algebraic rules"] = found.get(
                "assignment or algebraic rules", 0
            ) + int(not rule.isRate())
        for what, number in found.items():
            if number:
                msg = f"it has {number} {what}, which are not read"
                raise InputError(msg)
        if self.source.getNumCompartments() > 1:
            msg = f"it has {self.source.getNumCompartments()} compartments; one is read"
            raise InputError(msg)

    def _own_units(self) -> bool:
        """Whether every species says its role, as files of `write_sbml` do."""
        entries = self.source.getListOfSpecies()
        return len(entries) > 0 and all(_ROLE.search(s.getNotesString()) for s in entries)

    def _size(self) -> float:
        place = self.source.getCompartment(0)
        return float(place.getSize()) if place is not None and place.isSetSize() else 1.0

    def _start(self, entry: Any) -> float:
        if entry.isSetInitialConcentration():
            return float(entry.getInitialConcentration())
        amount = entry.getInitialAmount() if entry.isSetInitialAmount() else 0.0
        return float(amount if entry.getHasOnlySubstanceUnits() else amount / self._size())

    def _species(self, entry: Any) -> Species:
        role: Role = "resident"
        if self.own:
            found = _ROLE.search(entry.getNotesString())
            name = found[1] if found else "resident"
            known: dict[str, Role] = {r: r for r in get_args(Role)}
            if name not in known:
                msg = f"species {entry.getId()}: role '{name}'"
                raise InputError(msg)
            role = known[name]
        dimension = self._dimension(entry.getSubstanceUnits()) if self.own else (0.0,) * 4
        unit: Any = _UNITS.get(dimension, "1")
        return Species(name=entry.getId(), role=role, unit=unit, long_name=entry.getName())

    def _parameter(self, value: float, unit: str) -> Parameter:
        # SBML says no sign.
        return replace(parameter(f"{float(value)!r} {unit}", unit, source="study"), sign="any")

    def _unit(self, name: str) -> str:
        if not self.own:
            return "1"
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

    def _rate_rules(self) -> dict[str, Expression]:
        return {
            r.getVariable(): self._expression(r.getMath()) for r in self.source.getListOfRules()
        }

    def _reaction(self, entry: Any, parameters: dict[str, Parameter]) -> list[Reaction]:
        law = entry.getKineticLaw()
        if law is None:
            msg = f"reaction {entry.getId()}: it has no rate"
            raise InputError(msg)
        if len(law.getListOfParameters()) or len(law.getListOfLocalParameters()):
            msg = f"reaction {entry.getId()}: parameters within a reaction are not read"
            raise InputError(msg)
        consumes = self._side(entry.getListOfReactants())
        produces = self._side(entry.getListOfProducts())
        if not consumes and not produces:
            return []
        rate = self._per_volume(self._expression(law.getMath()), parameters)
        return [
            Reaction(
                name=entry.getId(), consumes=consumes, produces=produces, rate=self._text(rate)
            )
        ]

    def _side(self, references: Any) -> dict[str, float]:
        result: dict[str, float] = {}
        for reference in references:
            fixed = self.source.getSpecies(reference.getSpecies())
            if fixed is not None and (fixed.getBoundaryCondition() or fixed.getConstant()):
                continue
            number = reference.getStoichiometry() if reference.isSetStoichiometry() else 1.0
            result[reference.getSpecies()] = result.get(reference.getSpecies(), 0.0) + number
        return result

    def _per_volume(self, law: Expression, parameters: dict[str, Parameter]) -> Expression:
        """Return the amount per time that `law` states as one per volume and time."""
        place = self.source.getCompartment(0)
        if place is None:
            return law
        name = place.getId()
        rate = _without_factor(law, name)
        if rate is not None and name not in names(rate):
            return rate
        parameters.setdefault(name, self._parameter(self._size(), "mm^3" if self.own else "1"))
        return law if self._size() == 1.0 and not self.own else Binary("/", law, Name(name))

    def _expression(self, node: Any) -> Expression:
        if node is None:
            raise InputError("a formula is missing")
        return from_node(self.sbml, node)

    def _text(self, tree: Expression) -> str:
        return to_text(tree if self.own else Binary("*", Name(_RATE), tree))


def _without_factor(law: Expression, name: str) -> Expression | None:
    """Return `law` without its first factor if that is `name`, else None."""
    match law:
        case Binary("*", Name(first), rate) if first == name:
            return rate
        case Binary("*", left, right):
            rest = _without_factor(left, name)
            return None if rest is None else Binary("*", rest, right)
    return None
