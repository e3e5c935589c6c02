"""The numbers of an SBML model at its start."""

from __future__ import annotations

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.compile import constant_value
from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, Number, names
from cartflow.kinetics.sbml.elements import SpeciesElement
from cartflow.kinetics.sbml.math_in import TIME
from cartflow.kinetics.sbml.symbols import AMOUNT, Symbols, ordered


class Start:
    """What every name of a model is at time 0, by initial assignments, rules and attributes."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.formulas = self._formulas()
        self.values: dict[str, float] = {}
        self.faults: dict[str, str] = {}
        self.read: set[str] = set()
        for name in ordered(self.formulas):
            self._work_out(name)

    def number(self, name: str) -> float:
        """Return the value of a name, or what is kept of it; raise `InputError` without one."""
        if name not in self.values:
            fault = self.faults.get(name, "no value")
            msg = f"'{name.removeprefix(AMOUNT)}' has {fault}"
            raise InputError(msg)
        return self.values[name]

    def value_of(self, formula: Expression) -> float:
        """Return the value of a formula that nothing may change afterwards."""
        values = {name: self.number(name) for name in names(formula)}
        self.read |= names(formula)
        return constant_value(formula, values)

    def fixed(self) -> set[str]:
        """Return the names whose values other numbers rest on."""
        own = {key for key in self.symbols.kept if names(self.formulas.get(key, Number(0.0)))}
        above = {n for key in own for n in names(self.formulas[key])}
        return self._needed({*self.read, *above})

    def _needed(self, first: set[str]) -> set[str]:
        found = set(first)
        waiting = [*first]
        while waiting:
            tree = self.formulas.get(waiting.pop())
            new = names(tree) - found if tree is not None else set()
            found |= new
            waiting += new
        return found

    def _work_out(self, name: str) -> None:
        tree = self.formulas[name]
        missing = sorted(n for n in names(tree) if n not in self.values)
        if missing:
            self.faults[name] = f"no value, since '{missing[0]}' has none"
            return
        try:
            self.values[name] = constant_value(tree, self.values)
        except InputError:
            self.faults[name] = "no finite value"

    def _formulas(self) -> dict[str, Expression]:
        elements = self.symbols.elements
        found = dict(self.symbols.worked_out)
        found[TIME] = Number(0.0)
        for name, number in self._stated().items():
            found.setdefault(name, Number(number))
        for name in elements.species.keys() - elements.assignments.keys():
            given = self._given(elements.species[name])
            found.pop(name, None)
            if given is not None:
                found[name] = given
        found |= elements.starts
        for key in self.symbols.kept:
            if key.startswith(AMOUNT):
                found[key] = self._amount(elements.species[key.removeprefix(AMOUNT)])
        return found

    def _stated(self) -> dict[str, float]:
        elements = self.symbols.elements
        found = {name: place.size for name, place in elements.compartments.items()}
        found |= {name: part.number for name, part in elements.references.items()}
        found |= {name: entry.value for name, entry in elements.parameters.items()}
        return {name: number for name, number in found.items() if number is not None}

    def _given(self, species: SpeciesElement) -> Expression | None:
        """Return what the attributes of a species make of its name."""
        place = Name(species.compartment)
        if species.concentration is not None:
            given = Number(species.concentration)
            return Binary("*", given, place) if species.only_substance else given
        if species.amount is None:
            return None
        given = Number(species.amount)
        return given if species.only_substance else Binary("/", given, place)

    def _amount(self, species: SpeciesElement) -> Expression:
        if species.amount is not None and species.name not in self.symbols.elements.starts:
            return Number(species.amount)
        return Binary("*", Name(species.name), Name(species.compartment))
