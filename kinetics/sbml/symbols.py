"""What each name of an SBML model stands for, in terms of what a network holds.

A network holds states, which change, and parameters, which do not. A name is kept as one of
them, or is worked out: assigned variables, rates of reactions and of change, and concentrations
in compartments that change, whose species are kept as amounts.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, names
from cartflow.kinetics.sbml.elements import Elements, SpeciesElement
from cartflow.kinetics.sbml.math_in import RATE_OF, TIME
from cartflow.kinetics.sbml.naming import Names
from cartflow.kinetics.sbml.rates_of_change import rate_of
from cartflow.kinetics.trees import substituted

AMOUNT = "@amount of "


class Symbols:
    """The names of a model: what is `kept` by what name, and what all are (`resolved`).

    Names with ``@`` are the time, rates of change, and amounts kept of concentrations.
    """

    def __init__(self, elements: Elements) -> None:
        self.elements = elements
        self.names = Names()
        self._set_by_events = {name for e in elements.events for name in e.changes}
        self.used = set().union(*(names(tree) for tree in elements.formulas()))
        self.kept = self._kept()
        self.states = {kept for key, kept in self.kept.items() if self.is_state(key)}
        self.worked_out = self._worked_out()
        self.resolved: dict[str, Expression] = {k: Name(n) for k, n in self.kept.items()}
        for name in ordered(self.worked_out):
            self.resolved[name] = self.tree(self.worked_out[name])

    def tree(self, formula: Expression) -> Expression:
        """Return a formula of the file in terms of states and parameters of the network."""
        unknown = sorted(names(formula) - self.resolved.keys())
        if unknown:
            msg = f"'{unknown[0]}' has no value that a formula could take"
            raise InputError(msg)
        return substituted(formula, self.resolved)

    def changes(self, name: str) -> bool:
        """Whether what is kept of `name` is a state."""
        if name in self.elements.species:
            return not self.elements.species[name].constant
        return name in self.elements.rates or name in self._set_by_events

    def is_constant(self, formula: Expression) -> bool:
        """Whether a formula holds no state."""
        return not names(self.tree(formula)) & self.states

    def is_state(self, key: str) -> bool:
        """Whether what is kept under `key` is a state, else it is a parameter."""
        return key == TIME or self.changes(key.removeprefix(AMOUNT))

    def varies(self, compartment: str) -> bool:
        """Whether the size of a compartment changes."""
        return compartment in self.elements.assignments or self.changes(compartment)

    def concentration_in_change(self, name: str) -> bool:
        """Whether `name` is a concentration in a compartment that changes."""
        entry = self.elements.species.get(name)
        return entry is not None and not entry.only_substance and self.varies(entry.compartment)

    def key(self, name: str) -> str:
        """Return under which key something is kept of `name`."""
        return AMOUNT + name if self.concentration_in_change(name) else name

    def concentration(self, entry: SpeciesElement) -> Expression:
        """Return the concentration of a species, its amount where it is in a point."""
        if entry.only_substance and not self.elements.compartments[entry.compartment].point:
            return Binary("/", Name(entry.name), Name(entry.compartment))
        return Name(entry.name)

    def amount(self, entry: SpeciesElement) -> Expression:
        """Return the amount of a species."""
        if entry.only_substance:
            return Name(entry.name)
        return Binary("*", Name(entry.name), Name(entry.compartment))

    def _kept(self) -> dict[str, str]:
        elements = self.elements
        held = [*elements.species, *elements.compartments, *elements.parameters]
        kept = {}
        for name in (*held, *elements.references):
            if name not in elements.assignments:
                key = self.key(name)
                kept[key] = self.names.of(name) if key == name else self.names.new(f"{name}_amount")
        if TIME in self.used or not any(self.is_state(key) for key in kept):
            kept[TIME] = self.names.new("clock")
        return kept

    def _worked_out(self) -> dict[str, Expression]:
        elements = self.elements
        found = dict(elements.assignments)
        found |= {r.name: r.rate for r in elements.reactions if r.rate is not None}
        for name, entry in elements.species.items():
            if self.key(name) != name and name not in elements.assignments:
                found[name] = Binary("/", Name(self.key(name)), Name(entry.compartment))
        for name in sorted(n for n in self.used if n.startswith(RATE_OF)):
            of = name.removeprefix(RATE_OF)
            found[name] = rate_of(elements, of, self.concentration_in_change(of))
        return found


def ordered(formulas: dict[str, Expression]) -> list[str]:
    """Return the names of `formulas`, each after those that it needs.

    Raises `InputError` naming one that needs itself.
    """
    graph = {name: names(tree) & formulas.keys() for name, tree in formulas.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        msg = f"'{circle[0]}' depends on itself"
        raise InputError(msg) from None
